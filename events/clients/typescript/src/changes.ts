import { ASK_AGAIN_MS } from './asker.js';
import { changeOf, headerOf, parsed, type Change } from './change.js';
import type { Cursor, CursorStore } from './cursor.js';
import { HistoryChanged, NotACatlog } from './errors.js';
import { Feed } from './feed.js';
import type { Keys } from './keys.js';
import { Replay, type Answer } from './replay.js';
import type { ChangeHeader, Head } from './vocabulary.js';

export interface ChangesOptions {
  endpoints: { changes: string; replay: string };
  /** For endpoints over tcp where the daemon asks for them. */
  keys?: Keys | undefined;
  /** Position of the first event that is wanted, when `cursor` has none yet; 1 unless said. 'now': what comes. */
  from?: number | 'now' | undefined;
  /** Prefixes of streams: "movies/" or "movies/42/" (end with the slash). None: everything. */
  topics?: readonly string[] | undefined;
  /** Ends the iteration with its reason. */
  signal?: AbortSignal | undefined;
  /** Where it goes on from, and where it keeps how far it came. */
  cursor?: CursorStore | undefined;
  /** How often the cursor is kept at most, and at the end. 1 s unless said; 0: behind each event. */
  saveEveryMs?: number | undefined;
  /** How long the replay socket may give no answer while something is missing. 60 s unless said. */
  patienceMs?: number | undefined;
  /** After how long without an answer, on a connection that seems to be there, another one is made. 5 s unless said. */
  askAgainMs?: number | undefined;
}

const EVENTS_PER_REQUEST = 1000;

// What is subscribed to on the wire, so that each message's header can prove that nothing before it is missing.
type Cover = { of: 'everything' } | { of: 'table'; table: string } | { of: 'stream' };

function coverOf(topics: readonly string[]): { cover: Cover; start: string } {
  const first = topics[0];
  if (first === undefined) return { cover: { of: 'everything' }, start: '' };
  const table = first.slice(0, first.indexOf('/'));
  if (!topics.every((topic) => topic.startsWith(`${table}/`))) return { cover: { of: 'everything' }, start: '' };
  const isOneStream = topics.length === 1 && first.length > table.length + 1 && first.endsWith('/');
  return isOneStream ? { cover: { of: 'stream' }, start: first } : { cover: { of: 'table', table }, start: `${table}/` };
}

function checkTopics(topics: readonly string[]): void {
  for (const topic of topics)
    if (!/^[a-z_]+\/([0-9]+\/?)?$/.test(topic)) throw new TypeError(`${topic} is no topic; one is movies/ or movies/42/`);
}

/** How far it has come, and what is missing. */
class Follower {
  next = 1; // everything that matches and stands before it is handed over, or among what take() gave
  logId = '';
  lastCommandId: string | undefined; // of the event before next
  isBehind = false; // there may be something from next on that only the replay socket has
  readonly #cover: Cover;
  #asked: Promise<Answer> | undefined; // for the chunk from next on
  readonly start: string;

  constructor(
    readonly topics: readonly string[],
    readonly replay: Replay,
  ) {
    ({ cover: this.#cover, start: this.start } = coverOf(topics));
  }

  async begin(cursor: Cursor | undefined, from: number | 'now'): Promise<void> {
    const { answer } = await this.replay.ask({ status: null });
    if (!('status' in answer)) throw new NotACatlog('the replay socket did not tell its status');
    this.logId = answer.status.logId;
    const head = Number(answer.status.head);
    if (cursor) this.#checkCursor(cursor, head);
    this.next = cursor ? cursor.position + 1 : from === 'now' ? head + 1 : Math.max(from, 1);
    if (this.next > head + 1)
      throw new HistoryChanged(`log ${this.logId} ends at position ${head}, before position ${this.next - 1}`);
    this.lastCommandId = cursor?.commandId;
    this.isBehind = cursor !== undefined || from !== 'now';
  }

  #ask(): Promise<Answer> {
    return this.replay.ask({
      read: {
        from: this.next,
        limit: EVENTS_PER_REQUEST,
        topics: [...this.topics],
        logId: this.logId,
        ...(this.lastCommandId ? { lastCommandId: this.lastCommandId } : {}),
      },
    });
  }

  /** The changes of the next chunk that is missing. The one behind it is asked for at once, and made while they are dealt with. */
  async fetch(): Promise<Change[]> {
    const asked = this.#asked ?? this.#ask();
    this.#asked = undefined;
    const { answer, frames } = await asked;
    if (!('chunk' in answer)) throw new NotACatlog('the replay socket answered with no chunk');
    const changes: Change[] = [];
    for (let i = 0; i + 2 < frames.length; i += 3)
      changes.push(changeOf(frames[i]!, headerOf(frames[i + 1]!), frames[i + 2]!));
    const next = Number(answer.chunk.next);
    if (next > this.next) {
      this.next = next;
      this.lastCommandId = answer.chunk.lastCommandId;
    }
    this.isBehind = !answer.chunk.atHead;
    if (this.isBehind) {
      this.#asked = this.#ask();
      this.#asked.catch(() => undefined); // what it throws is thrown by the next fetch, if there is one
    }
    return changes;
  }

  /** The change that a message of the feed is, when it is the next one and wanted. No message: the feed was silent for long. */
  take(frames: Buffer[] | undefined): Change | undefined {
    if (frames === undefined) {
      this.isBehind = true;
      return undefined;
    }
    const [topic, second, payload] = frames;
    if (topic === undefined || second === undefined) throw new NotACatlog('a message of the feed has one frame');
    if (payload === undefined) return this.#takeHead(parsed<Head>(second, ['logId', 'position', 'tables']));
    const header = headerOf(second);
    this.#checkLog(header.logId);
    const position = Number(header.position);
    if (position < this.next) return undefined;
    this.isBehind = !this.#isNext(header);
    if (this.isBehind) return undefined; // it will come again with what is missing before it
    this.next = position + 1;
    this.lastCommandId = header.commandId;
    const name = topic.toString().slice('json/'.length);
    const isWanted = this.topics.length === 0 || this.topics.some((prefix) => name.startsWith(prefix));
    return isWanted ? changeOf(topic, header, payload) : undefined;
  }

  #isNext(header: ChangeHeader): boolean {
    if (this.#cover.of === 'stream') return Number(header.previousInStream) < this.next;
    if (this.#cover.of === 'table') return Number(header.previousInTable) < this.next;
    return Number(header.position) === this.next;
  }

  #takeHead(head: Head): undefined {
    this.#checkLog(head.logId);
    const cover = this.#cover;
    const position = Number(head.position);
    // Of one stream nothing is told, so its table's last event is looked at.
    const table = cover.of === 'table' ? cover.table : cover.of === 'stream' ? this.start.split('/')[0] : undefined;
    const last = table === undefined ? position : Number(head.tables.find((each) => each.table === table)?.position ?? 0);
    // A feed behind what was handed over is late, or a log that was put back: the replay socket knows, and refuses then.
    this.isBehind = last >= this.next || position + 1 < this.next;
    if (this.isBehind || position < this.next) return;
    this.next = position + 1;
    this.lastCommandId = undefined;
  }

  #checkLog(logId: string): void {
    if (logId !== this.logId)
      throw new HistoryChanged(
        `the log ${this.logId} was replaced by ${logId}, whose positions mean other events: drop what was made from it ` +
          'and start over from position 1',
      );
  }

  #checkCursor(cursor: Cursor, head: number): void {
    if (cursor.logId !== this.logId)
      throw new HistoryChanged(
        `this is log ${this.logId}, but the cursor is one of log ${cursor.logId}: drop what was made from that one and ` +
          'start over from position 1',
      );
    if (cursor.position > head)
      throw new HistoryChanged(
        `log ${this.logId} ends at position ${head}, before the cursor at ${cursor.position}: it was restored from an ` +
          'earlier backup; start over from position 1',
      );
  }
}

/** Keeps a cursor, not more often than was said. */
class Keeper {
  #last: Cursor | undefined;
  #keptAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #saving = Promise.resolve();
  #failure: unknown;
  constructor(
    readonly store: CursorStore | undefined,
    readonly everyMs: number,
  ) {}

  async dealtWith(cursor: Cursor): Promise<void> {
    if (!this.store) return;
    this.#last = cursor;
    const leftMs = this.#keptAt + this.everyMs - Date.now();
    if (leftMs <= 0) return this.keep();
    if (this.#failure) throw this.#failure;
    this.#timer ??= setTimeout(() => void this.keep().catch((error: unknown) => (this.#failure = error)), leftMs);
  }

  /** When all that was dealt with is kept. */
  keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(async () => {
      const cursor = this.#last;
      if (!cursor) return;
      await this.store?.save(cursor);
      if (this.#last === cursor) this.#last = undefined;
      this.#keptAt = Date.now();
    });
    return this.#saving;
  }
}

/**
 * Every event that matches `topics` from a position on, each once and in the order of positions: those that were, then
 * those that come. What the feed lost, or sent before this began to listen, is fetched from the replay socket; a daemon
 * that is away is waited for, and the replay socket asked when the feed is silent.
 *
 * A change counts as dealt with when the next one is asked for; then the cursor is kept. Whoever leaves the loop, or ends,
 * before that gets it again the next time. Throws HistoryChanged, Unreachable, Refused where the daemon does not let this
 * client in, NotACatlog, and the signal's reason.
 */
export async function* changes(options: ChangesOptions): AsyncGenerator<Change, void, undefined> {
  const { endpoints, topics = [], signal, cursor: store } = options;
  checkTopics(topics);
  signal?.throwIfAborted();
  const patienceMs = options.patienceMs ?? 60_000;
  const askAgainMs = options.askAgainMs ?? ASK_AGAIN_MS;
  const follower = new Follower(topics, new Replay(endpoints.replay, patienceMs, askAgainMs, signal, options.keys));
  const feed = new Feed(endpoints.changes, [`json/${follower.start}`, 'head/'], askAgainMs, patienceMs, options.keys);
  const stop = () => feed.close();
  const keeper = new Keeper(store, options.saveEveryMs ?? 1000);
  try {
    signal?.addEventListener('abort', stop, { once: true });
    await follower.begin(await store?.load(), options.from ?? 1);
    for (;;) {
      const batch = follower.isBehind ? await follower.fetch() : [follower.take(await feed.receive(signal))];
      for (const change of batch) {
        if (change === undefined) continue;
        yield change;
        await keeper.dealtWith(change.cursor);
        signal?.throwIfAborted();
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    feed.close();
    follower.replay.close();
    await keeper.keep();
  }
}
