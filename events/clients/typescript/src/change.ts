import type { Cursor } from './cursor.js';
import { NotACatlog } from './errors.js';
import { objectOf } from './json.js';
import type { ChangeHeader, Events, EventRecord, OneOf } from './vocabulary.js';

/** What every change has, whatever happened. */
export interface ChangeFields {
  /** Of this event: 1, 2, 3, .. without gaps over the whole log. */
  position: number;
  /** "movies/42/": whose stream it is in. */
  topic: string;
  /** The event's record: when, by which command, which version of its stream, and for whom. */
  record: EventRecord;
  header: ChangeHeader;
  /** What to keep when this change has been dealt with. */
  cursor: Cursor;
}

/** An event of one type: `type` says which, `data` is what it says. */
export type ChangeOf<T extends keyof Events> = ChangeFields & { type: T; data: Events[T] };

/** An event that is too long for a message; `catlog log` shows it. */
export type Withheld = ChangeFields & { type: 'withheld'; data: { bytes: number } };

/**
 * An event, told apart by `type`. A later version of catlog may have types that this one does not know: leave out what
 * you do not handle.
 */
export type Change = { [T in keyof Events]: ChangeOf<T> }[keyof Events] | Withheld;

// What has not at least these members is no catlog's.
export function parsed<T>(frame: Buffer, members: (keyof T & string)[]): T {
  const object = objectOf(frame);
  if (!object || !members.every((name) => object[name] !== undefined && object[name] !== null))
    throw new NotACatlog('what came is no message of a catlog of this version');
  return object as unknown as T;
}

export function headerOf(frame: Buffer): ChangeHeader {
  return parsed<ChangeHeader>(frame, ['logId', 'position', 'commandId']);
}

export function changeOf(topic: Buffer, header: ChangeHeader, payload: Buffer): Change {
  const record = parsed<EventRecord>(payload, ['event']);
  const position = Number(header.position);
  const entry = Object.entries(record.event as OneOf<Events>)[0];
  const withheld = { bytes: Number(header.withheldBytes ?? 0) };
  return {
    type: entry ? entry[0] : 'withheld',
    data: entry ? entry[1] : withheld,
    position,
    topic: topic.toString().slice('json/'.length),
    record,
    header,
    cursor: { logId: header.logId, position, commandId: header.commandId },
  } as Change;
}
