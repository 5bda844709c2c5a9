import { hostname } from 'node:os';
import { Asker, ASK_AGAIN_MS } from './asker.js';
import { changeOf, headerOf, type Change } from './change.js';
import { CatlogError, HistoryChanged, NotACatlog, Refused } from './errors.js';
import { newId } from './ids.js';
import { objectOf } from './json.js';
import type { Keys } from './keys.js';
import { sleep } from './time.js';
import type { GroupAnswer, GroupAnswers, GroupDelivery } from './vocabulary.js';

/** An event that was handed out to this member; from the second `attempt` on it may have been dealt with already. */
export type GroupChange = Change & {
  attempt: number;
  /**
   * Gives it up: it is handed out again, to any member, after `delayMs` (the daemon's unless said), later ones of its stream behind
   * it, and is set aside when it has failed too often. To be called before the next one is asked for.
   */
  fail(why?: string, delayMs?: number): void;
};

export interface GroupOptions {
  endpoint: string;
  /** Of the group, which is made where there is none: about `topics`, from position `from` on. */
  name: string;
  /** Prefixes of streams: "movies/" or "movies/42/". None: everything. A name keeps those that it began with. */
  topics?: readonly string[] | undefined;
  /** Where a name begins that is new; 1 unless said. */
  from?: number | undefined;
  /** Who this is: any text that no other process has. One is made up unless said. */
  member?: string | undefined;
  /** For how long this member may be busy with one event before it counts as gone. 30 s unless said. */
  ackWithinMs?: number | undefined;
  /** How often an event may fail before it is set aside; 5 unless said. */
  tries?: number | undefined;
  /** How many events it holds at most; 100 unless said. */
  limit?: number | undefined;
  /** Ends the iteration with its reason. */
  signal?: AbortSignal | undefined;
  /** How long nobody may answer. 60 s unless said. */
  patienceMs?: number | undefined;
  /** After how long without an answer, on a connection that seems to be there, another one is made. 5 s unless said. */
  askAgainMs?: number | undefined;
  /** For an endpoint over tcp where the daemon asks for them. */
  keys?: Keys | undefined;
}

const WAIT_MS = 2_000; // that a fetch waits for an event; less than ASK_AGAIN_MS
const FULL_MS = 500; // until it is asked again after the disk was full
const ACK_EVERY_MS = 1_000; // what was dealt with since then comes again after a crash
const HOLDS = 7; // times ackWithinMs that a batch is gone on with; after eight the daemon hands it to others

type Answered = keyof GroupAnswers & ('joined' | 'work' | 'done');

/** Asks the groups' socket, in the name of one member. */
class Member {
  constructor(
    readonly asker: Asker,
    readonly who: { name: string; member: string },
    readonly signal: AbortSignal | undefined,
  ) {}

  async ask<T extends Answered>(what: string, answered: T, fields: object = {}): Promise<{ answer: GroupAnswers[T]; frames: Buffer[] }> {
    for (;;) {
      const [body, ...frames] = await this.asker.ask({ [what]: { ...this.who, ...fields } });
      const object = objectOf(body!) as Partial<GroupAnswers> | undefined;
      const refused = object?.refused;
      if (refused?.code === 'storageFull') {
        await sleep(FULL_MS);
        this.signal?.throwIfAborted();
        continue;
      }
      if (typeof refused === 'object') throw refusalOf(refused);
      const answer = object?.[answered];
      if (typeof answer !== 'object' || answer === null) throw notACatlog();
      return { answer, frames };
    }
  }
}

function notACatlog(): NotACatlog {
  return new NotACatlog("the answer of the groups' socket cannot be read");
}

function refusalOf({ code, message }: Extract<GroupAnswer, { refused: unknown }>['refused']): CatlogError {
  return code === 'historyChanged' ? new HistoryChanged(message) : new Refused(code, message);
}

function delivery(change: GroupChange): GroupDelivery {
  return { position: change.position, try: change.attempt };
}

interface Failure {
  why: string;
  delayMs?: number;
}

/** What was handed out together, and what became of it. */
class Batch {
  readonly changes: GroupChange[];
  holdsMore = false; // than it goes on with
  #failures = new Map<number, Failure>();
  #dealtWith: GroupChange[] = [];
  #gone = new Set<string>(); // streams of which this member has nothing more
  #ackWithinMs: number;
  #toldAt = Date.now();
  #until: number;

  constructor(work: GroupAnswers['work'], frames: Buffer[]) {
    const deliveries = Array.isArray(work.deliveries) ? work.deliveries : undefined;
    if (!deliveries || frames.length !== 3 * deliveries.length) throw notACatlog();
    this.#ackWithinMs = Number(work.ackMs ?? 30_000);
    this.#until = this.#toldAt + HOLDS * this.#ackWithinMs;
    this.changes = deliveries.map((each, at) => {
      const change = changeOf(frames[3 * at]!, headerOf(frames[3 * at + 1]!), frames[3 * at + 2]!);
      const fail = (why = '', delayMs?: number) =>
        void this.#failures.set(change.position, { why, ...(delayMs === undefined ? {} : { delayMs }) });
      return { ...change, attempt: Number(each.try), fail };
    });
  }

  /** Whether it is this member's still: an earlier one of its stream may have failed, or all took too long. */
  has(change: GroupChange): boolean {
    if (Date.now() < this.#until) return !this.#gone.has(change.topic);
    this.holdsMore = true;
    return false;
  }

  /** Whether tell() is due now. */
  done(change: GroupChange): boolean {
    this.#dealtWith.push(change);
    const silentMs = Date.now() - this.#toldAt;
    if (silentMs >= this.#ackWithinMs) this.#until = 0; // this member counts as gone: what is left may be another one's
    return silentMs >= ACK_EVERY_MS || this.#failures.has(change.position);
  }

  /** Gives up what failed, which takes from this member what is behind it in its stream; then acknowledges the others. */
  async tell(member: Member): Promise<void> {
    this.#toldAt = Date.now();
    const good: GroupChange[] = [];
    for (const change of this.#dealtWith) {
      if (this.#gone.has(change.topic)) continue;
      const failure = this.#failures.get(change.position);
      if (!failure) {
        good.push(change);
        continue;
      }
      this.#gone.add(change.topic);
      await member.ask('nack', 'done', { deliveries: [delivery(change)], ...failure });
    }
    const deliveries = good.map(delivery);
    const told = deliveries.length === 0 ? undefined : await member.ask('ack', 'done', { deliveries });
    this.#dealtWith = []; // not before: who ends meanwhile tells it then
    const late = new Set((told?.answer.late ?? []).map((each) => Number(each.position)));
    if (late.size === 0) return; // else acknowledged twice, maybe; or its stream is another member's
    this.holdsMore = true;
    for (const change of good) if (late.has(change.position)) this.#gone.add(change.topic);
  }
}

/**
 * The events that a named group hands out to this member (PROTOCOL.md, "Groups"): the daemon keeps what was dealt with, and shares
 * the work among members. A daemon that is away is waited for.
 *
 * An event counts as dealt with when the next one is asked for; it is acknowledged then, together with others, at least each second.
 * Whoever leaves the loop, or ends, before that gets it again, or another member does. Throws HistoryChanged, Unreachable, Refused,
 * NotACatlog, and the signal's reason.
 */
export async function* groupChanges(options: GroupOptions): AsyncGenerator<GroupChange, void, undefined> {
  const { endpoint, name, topics = [], from = 1, signal, patienceMs = 60_000, askAgainMs = ASK_AGAIN_MS, keys } = options;
  signal?.throwIfAborted();
  const who = { name, member: options.member ?? `${hostname().slice(0, 20)}:${process.pid}:${newId().slice(-8)}` };
  const member = new Member(new Asker(endpoint, patienceMs, askAgainMs, signal, keys), who, signal);
  let batch: Batch | undefined;
  let isBroken = false; // nobody hears it any more, or wants to
  try {
    await member.ask('join', 'joined', { topics, from, ackMs: options.ackWithinMs ?? 30_000, tries: options.tries ?? 5 });
    for (;;) {
      const { answer, frames } = await member.ask('fetch', 'work', { limit: options.limit ?? 100, waitMs: WAIT_MS, holds: [] });
      batch = new Batch(answer, frames);
      for (const change of batch.changes) {
        if (!batch.has(change)) continue;
        yield change;
        const isDue = batch.done(change);
        signal?.throwIfAborted();
        if (isDue) await batch.tell(member);
      }
      await batch.tell(member);
      if (batch.holdsMore) await member.ask('leave', 'done'); // it goes to others, or comes again, and did not fail
      batch = undefined;
    }
  } catch (error) {
    isBroken = error instanceof CatlogError;
    throw error;
  } finally {
    member.asker.close();
    if (!isBroken) await farewell(new Member(new Asker(endpoint, WAIT_MS, WAIT_MS, undefined, keys), who, undefined), batch);
  }
}

/** What it holds goes to others at once, where somebody hears it. */
async function farewell(member: Member, batch: Batch | undefined): Promise<void> {
  try {
    await batch?.tell(member);
    await member.ask('leave', 'done');
  } catch (error) {
    if (!(error instanceof CatlogError)) throw error;
  } finally {
    member.asker.close();
  }
}
