import { Subscriber } from 'zeromq';
import { Admission } from './admission.js';
import { CatlogError, Unreachable } from './errors.js';
import { Keys } from './keys.js';
import { Silence } from './time.js';

const QUEUED = 16 * 1024; // as many as the daemon holds for a subscriber
const UNTIL_NEXT_ATTEMPT_MS = 250; // where it was not let in: ZeroMQ itself tries no second time
const MANY_CUTS = 5; // fewer may be a daemon that was started anew

/** A subscriber's connection to the feed, made anew where it was not let in, or only seems to be there. */
export class Feed {
  readonly #admission: Admission;
  readonly #silence: Silence; // since it was made, or something came
  readonly #quiet: Silence; // since something came
  #socket: Subscriber;
  #cuts = 0; // since something came
  #failure: CatlogError | undefined;

  /** `silentMs`: how long nothing may come, of what comes each second; `quietMs`: the same where it is cut off again and again. */
  constructor(
    readonly endpoint: string,
    readonly subscriptions: readonly string[],
    silentMs: number,
    readonly quietMs: number,
    readonly keys: Keys | undefined,
  ) {
    this.#admission = new Admission(endpoint);
    this.#silence = new Silence(silentMs);
    this.#quiet = new Silence(quietMs);
    this.#socket = this.#made();
  }

  /**
   * The next message. Undefined when it was made anew: only the replay socket knows what came meanwhile, and whether this
   * client may have it. Throws Refused, Unreachable where it is cut off again and again, and the signal's reason.
   */
  async receive(signal: AbortSignal | undefined): Promise<Buffer[] | undefined> {
    signal?.throwIfAborted();
    const socket = this.#socket;
    const watch = setInterval(() => this.#look(), Math.min(this.#silence.stepMs(), this.#quiet.stepMs()) / 4);
    try {
      if (this.#failure) throw this.#failure;
      const frames = await socket.receive();
      this.#silence.begin();
      this.#quiet.begin();
      this.#cuts = 0;
      return frames;
    } catch (error) {
      signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
      if (socket !== this.#socket) return undefined;
      throw error;
    } finally {
      clearInterval(watch);
    }
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
  }

  #made(): Subscriber {
    const socket = new Subscriber({
      linger: 0,
      receiveHighWaterMark: QUEUED,
      reconnectInterval: 50,
      reconnectMaxInterval: 1000,
      ...Keys.options(this.keys, this.endpoint),
    });
    void this.#watch(socket);
    socket.connect(this.endpoint);
    socket.subscribe(...this.subscriptions);
    this.#silence.begin();
    return socket;
  }

  #renew(): void {
    const before = this.#socket;
    this.#socket = this.#made();
    before.close();
  }

  #look(): void {
    const isQuiet = this.#quiet.look();
    if (isQuiet && this.#cuts >= MANY_CUTS)
      return this.#fail(
        new Unreachable(
          `${this.endpoint} has sent nothing for ${this.quietMs / 1000} s and cut off ${this.#cuts} connections: the daemon's ` +
            'limits for those who follow are reached, or it is started again and again',
        ),
      );
    if (this.#silence.look()) this.#renew();
  }

  #fail(failure: CatlogError): void {
    this.#failure = failure;
    this.close();
  }

  // To its end, as Link does.
  async #watch(socket: Subscriber): Promise<void> {
    try {
      for await (const event of socket.events) {
        this.#admission.told(event);
        if (event.type === 'disconnect') ++this.#cuts;
        if (event.type !== 'handshake:error:auth') continue;
        const refusal = this.#admission.refusal();
        if (refusal) this.#fail(refusal);
        else setTimeout(() => this.#socket === socket && !socket.closed && this.#renew(), UNTIL_NEXT_ATTEMPT_MS);
      }
    } catch {
      // The socket was closed meanwhile.
    }
  }
}
