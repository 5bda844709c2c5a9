import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toJson } from './json.js';

/** How far a subscriber has come: the last event that it has dealt with, in which log. */
export interface Cursor {
  logId: string;
  position: number;
  /** Of the event at that position: tells one history from another. Not known behind events that were left out. */
  commandId?: string;
}

/** Where a cursor is kept. */
export interface CursorStore {
  /** Undefined when there is none yet. */
  load(): Promise<Cursor | undefined>;
  /** Is called when the events up to there were dealt with; the next call comes when this one is done. */
  save(cursor: Cursor): Promise<void>;
}

function checked(value: unknown, path: string): Cursor {
  const cursor = value as Partial<Cursor> | null;
  const isCursor =
    typeof cursor === 'object' &&
    cursor !== null &&
    typeof cursor.logId === 'string' &&
    Number.isSafeInteger(cursor.position) &&
    (cursor.commandId === undefined || typeof cursor.commandId === 'string');
  if (!isCursor) throw new TypeError(`${path} holds no cursor; remove it to start over`);
  return cursor as Cursor;
}

/** A cursor in a file, which is replaced as a whole. */
export class FileCursor implements CursorStore {
  constructor(readonly path: string) {}

  async load(): Promise<Cursor | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined;
    }
    return checked(value, this.path);
  }

  async save(cursor: Cursor): Promise<void> {
    const beside = `${this.path}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(toJson(cursor) + '\n');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.path);
    const folder = await open(dirname(this.path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
