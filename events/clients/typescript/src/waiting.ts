import { NotACatlog } from './errors.js';
import type { Keys } from './keys.js';
import { ASK_AGAIN_MS } from './asker.js';
import { Replay } from './replay.js';
import { sleep } from './time.js';
import { limits, type Integer } from './vocabulary.js';

export interface WaitOptions {
  /** How long, at most. 30 s unless said. */
  withinMs?: number | undefined;
  /** Of the log that it is a position in; another one is told. */
  logId?: string | undefined;
  /** Ends it with its reason. */
  signal?: AbortSignal | undefined;
  /** How long the replay socket may give no answer. 60 s unless said. */
  patienceMs?: number | undefined;
  /** After how long without an answer, on a connection that seems to be there, another one is made. 5 s unless said. */
  askAgainMs?: number | undefined;
  /** For a socket over tcp where the daemon asks for them. */
  keys?: Keys | undefined;
}

const PAUSE_MS = 50; // where a daemon can let nobody more wait, or ends, it answers at once

/**
 * Whether SQL has this position (a receipt's `lastPosition`), or `latest`: up to where the log goes when this is asked, of a
 * cluster by what a majority of its machines has. After at most `withinMs`; a daemon that is away is waited for.
 * Throws HistoryChanged when the log is another one, or ends before it: what the receipt was for is lost; Unreachable,
 * NotACatlog, and the signal's reason.
 */
export async function waitFor(replaySocket: string, position: Integer | 'latest', options: WaitOptions = {}): Promise<boolean> {
  const { withinMs = 30_000, logId, signal, patienceMs = 60_000, askAgainMs = ASK_AGAIN_MS, keys } = options;
  signal?.throwIfAborted();
  const replay = new Replay(replaySocket, patienceMs, askAgainMs, signal, keys);
  // So that a silence tells of a connection that only seems to be there.
  const longestMs = Math.max(Math.min(Math.floor(Math.min(patienceMs, askAgainMs) / 2), limits.waitMs), 1);
  try {
    for (const end = Date.now() + withinMs; ; ) {
      const leftMs = Math.max(end - Date.now(), 0);
      const wanted = {
        ...(position === 'latest' ? { latest: true } : { position }),
        withinMs: Math.min(leftMs, longestMs),
        ...(logId === undefined ? {} : { logId }),
      };
      const { answer } = await replay.ask({ waitFor: wanted });
      if (!('waited' in answer) || typeof answer.waited?.isThere !== 'boolean')
        throw new NotACatlog('the replay socket did not tell how far SQL is');
      if (answer.waited.isThere || leftMs === 0) return answer.waited.isThere;
      await sleep(Math.min(leftMs, PAUSE_MS));
      signal?.throwIfAborted();
    }
  } finally {
    replay.close();
  }
}
