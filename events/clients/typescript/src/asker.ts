import { Admission } from './admission.js';
import { CatlogError, Unreachable } from './errors.js';
import { toJson } from './json.js';
import type { Keys } from './keys.js';
import { Link } from './link.js';
import { Silence, sleep } from './time.js';

/** After how long without an answer, on a connection that seems to be there, another one is made. */
export const ASK_AGAIN_MS = 5_000;
const QUEUED = 16;

/** Asks a socket of the daemon, one request at a time, and again where the daemon was away. */
export class Asker {
  readonly #silence: Silence;
  readonly #sinceAsked: Silence;
  readonly #admission: Admission;
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
    this.#admission = new Admission(endpoint);
  }

  /** The frames of the answer, behind tag and encoding. Throws Unreachable, Refused where nobody is let in, or the signal's reason. */
  async ask(request: unknown): Promise<Buffer[]> {
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

  async #askUntilAnswered(body: string): Promise<Buffer[]> {
    for (;;) {
      const link = await this.#linkUp();
      const tag = String(this.#nextTag++);
      this.#sinceAsked.begin();
      try {
        await link.send([tag, 'j', body]);
        for (;;) {
          const frames = await link.receive();
          if (frames.length >= 3 && frames[0]!.toString() === tag) return frames.slice(2);
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
      this.#link = await Link.open(() => this.#admission, QUEUED, isOver, this.keys);
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
}
