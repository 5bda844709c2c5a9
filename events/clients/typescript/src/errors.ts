/** What this package throws, beside an AbortSignal's own reason. */
export class CatlogError extends Error {
  override readonly name: string = 'CatlogError';
}

/** The daemon refuses what a member of a group asks for, or does not let this client in. */
export class Refused extends CatlogError {
  override readonly name = 'Refused';
  constructor(
    /** One of PROTOCOL.md's: `forbidden`, say; of a group see `meaningOfGroupRefusalCode`. */
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** The daemon gave no answer for as long as `patienceMs` says. Is catlogd running? */
export class Unreachable extends CatlogError {
  override readonly name = 'Unreachable';
}

/**
 * The log is another one than the cursor's, or has other events in front of it: it was replaced, or restored from a
 * backup. What was made from the events before cannot be mended event by event: drop it, and start over from 1.
 */
export class HistoryChanged extends CatlogError {
  override readonly name = 'HistoryChanged';
}

/** What came is nothing that a catlog of this version says. */
export class NotACatlog extends CatlogError {
  override readonly name = 'NotACatlog';
}
