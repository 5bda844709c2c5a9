import { CatlogError, HistoryChanged, NotACatlog, Unreachable } from './errors.js';
import { objectOf, toJson } from './json.js';
import type { Keys } from './keys.js';
import { Link } from './link.js';
import { Silence, sleep } from './time.js';
import type { ReplayAnswer, ReplayRequest } from './vocabulary.js';

export interface Answer {
  answer: ReplayAnswer;
  /** Of a chunk: topic, header, payload of each event. */
  frames: Buffer[];
}

/** After how long without an answer, on a connection that seems to be there, another one is made. */
export const ASK_AGAIN_MS = 5_000;
const QUEUED = 16;

// PROTOCOL.md, "Cursors"; all else is wrong with the question itself, and what was made of the log is whole.
const OF_THE_CURSOR = /^(read\.|\/read\/)(logId|from|lastCommandId):|^(waitFor\.|\/waitFor\/)(logId|position):/;

function refusal(sentence: string): CatlogError {
  const Kind = OF_THE_CURSOR.test(sentence) ? HistoryChanged : CatlogError;
  return new Kind(`the replay socket refuses: ${sentence}`);
}

/** Asks the replay socket, one request at a time, and again where the daemon was away. */
export class Replay {
  readonly #silence: Silence;
  readonly #sinceAsked: Silence;
  #link: Link | undefined;
  #nextTag = 1;
  #isClosed = false;

  constructor(
    readonly endpoint: string,
    patienceMs: number,
    askAgainMs: number,
    readonly signal: AbortSignal | undefined,
    readonly keys?: Keys,
  ) {
    this.#silence = new Silence(patienceMs);
    this.#sinceAsked = new Silence(askAgainMs);
  }

  /** Throws HistoryChanged when the cursor is refused, CatlogError when the question is, Unreachable, NotACatlog, or the signal's reason. */
  async ask(request: ReplayRequest): Promise<Answer> {
    const body = toJson(request);
    this.#silence.begin();
    // A connection may seem to be there and not be.
    const watch = setInterval(() => {
      const isTooLong = this.#silence.look();
      if (this.#sinceAsked.look() || isTooLong) this.#link?.close();
    }, Math.min(this.#silence.stepMs(), this.#sinceAsked.stepMs()) / 4);
    const onAbort = () => this.#link?.close();
    this.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#askUntilAnswered(body);
    } finally {
      clearInterval(watch);
      this.signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#link?.close();
  }

  async #askUntilAnswered(body: string): Promise<Answer> {
    for (;;) {
      const link = await this.#linkUp();
      const tag = String(this.#nextTag++);
      this.#sinceAsked.begin();
      try {
        await link.send([tag, 'j', body]);
        for (;;) {
          const frames = await link.receive();
          if (frames.length >= 3 && frames[0]!.toString() === tag) return this.#read(frames.slice(2));
        }
      } catch (error) {
        if (error instanceof CatlogError) throw error;
        link.close();
        this.#link = undefined;
        await sleep(10);
      }
    }
  }

  async #linkUp(): Promise<Link> {
    const isOver = () => this.#isClosed || this.signal?.aborted === true || this.#silence.look();
    if (!this.#link && !isOver()) {
      this.#link = await Link.open(this.endpoint, QUEUED, isOver, this.keys);
      const opened = this.#link;
      void opened?.lost.then(() => {
        if (this.#link === opened) this.#link = undefined;
      });
    }
    this.signal?.throwIfAborted();
    if (!this.#link || this.#isClosed)
      throw new Unreachable(
        `${this.endpoint} does not answer for ${this.#silence.patienceMs / 1000} s: is the daemon running?`,
      );
    return this.#link;
  }

  #read(frames: Buffer[]): Answer {
    const object = objectOf(frames[0]!);
    if (!object) throw new NotACatlog('the answer of the replay socket cannot be read');
    const answer = object as unknown as ReplayAnswer;
    if ('refused' in answer) throw refusal(answer.refused);
    if ('chunk' in answer && Number(answer.chunk.events) * 3 !== frames.length - 1)
      throw new NotACatlog('the answer of the replay socket has not the frames that it tells of');
    return { answer, frames: frames.slice(1) };
  }
}
