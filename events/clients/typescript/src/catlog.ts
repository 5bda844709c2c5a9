import { resolve } from 'node:path';
import { ASK_AGAIN_MS } from './asker.js';
import type { Change } from './change.js';
import { changes, type ChangesOptions } from './changes.js';
import { CatlogError } from './errors.js';
import { groupChanges, type GroupChange, type GroupOptions } from './group.js';
import type { Keys } from './keys.js';
import { Producer, type NewCommand, type ProducerOptions, type SendOptions } from './producer.js';
import { Replay } from './replay.js';
import type { Integer, LogStatus, Receipt } from './vocabulary.js';
import { waitFor, type WaitOptions } from './waiting.js';

export interface CatlogOptions extends ProducerOptions {
  /** The daemon's data directory; its sockets are in `run/` there. */
  data?: string;
  /** Where the sockets are, when they are elsewhere. */
  endpoints?: Partial<Endpoints>;
}

export interface Endpoints {
  commands: string;
  changes: string;
  replay: string;
  groups: string;
}

const LONGEST_PATH_BYTES = 107; // of a Unix socket

function inData(data: string, file: string): string {
  const path = resolve(data, 'run', file);
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES)
    throw new RangeError(`${path} is longer than ${LONGEST_PATH_BYTES} bytes; name it by a shorter path, or a link`);
  return `ipc://${path}`;
}

/** A catlog: send commands to it, follow its changes, ask how it stands. */
export class Catlog {
  readonly endpoints: Endpoints;
  readonly #patienceMs: number;
  readonly #keys: Keys | undefined;
  readonly #producer: Producer;

  constructor(options: CatlogOptions = {}) {
    const data = options.data ?? process.env['CATLOG_DATA'] ?? './catlog-data';
    const at = (name: keyof Endpoints) => options.endpoints?.[name] ?? inData(data, `${name}.ipc`);
    this.endpoints = {
      commands: at('commands'),
      changes: at('changes'),
      replay: at('replay'),
      get groups() {
        return at('groups');
      },
    };
    this.#patienceMs = options.patienceMs ?? 60_000;
    this.#keys = options.keys;
    this.#producer = new Producer(this.endpoints.commands, options);
  }

  /** See Producer. Does not wait for those before: commands are pipelined. */
  send(command: NewCommand, options: SendOptions = {}): Promise<Receipt> {
    return this.#producer.send(command, options);
  }

  /** See Producer. */
  room(): Promise<void> {
    return this.#producer.room();
  }

  /** Every event from a position on, then what comes; see changes(). */
  changes(options: Omit<ChangesOptions, 'endpoints'> = {}): AsyncGenerator<Change, void, undefined> {
    return changes({ patienceMs: this.#patienceMs, keys: this.#keys, ...options, endpoints: this.endpoints });
  }

  /** The events that a named group hands out to this member, acknowledged as they are dealt with; see groupChanges(). */
  groupChanges(name: string, options: Omit<GroupOptions, 'endpoint' | 'name'> = {}): AsyncGenerator<GroupChange, void, undefined> {
    return groupChanges({ patienceMs: this.#patienceMs, keys: this.#keys, ...options, name, endpoint: this.endpoints.groups });
  }

  /** The log's id, its last event and the Merkle root up to it. */
  async status(options: SendOptions = {}): Promise<LogStatus> {
    const replay = new Replay(this.endpoints.replay, this.#patienceMs, ASK_AGAIN_MS, options.signal, this.#keys);
    try {
      const { answer } = await replay.ask({ status: null });
      if (!('status' in answer)) throw new CatlogError('the replay socket did not tell its status');
      return answer.status;
    } finally {
      replay.close();
    }
  }

  /** Whether SQL has a receipt's `lastPosition`, or all that anybody had a receipt for (`latest`), after at most 30 s unless said; see waitFor(). */
  waitFor(position: Integer | 'latest', options: WaitOptions = {}): Promise<boolean> {
    return waitFor(this.endpoints.replay, position, { patienceMs: this.#patienceMs, keys: this.#keys, ...options });
  }

  /** When everything that was sent is answered. */
  close(): Promise<void> {
    return this.#producer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
