import { Dealer } from 'zeromq';
import type { Admission } from './admission.js';
import { Keys } from './keys.js';
import { sleep } from './time.js';

// So long after its beginning a connection that was lost, or is not let in, gives way to another; more and more. One that is
// still on its way has the longest: a machine far away needs several round trips.
const FIRST_ATTEMPT_MS = 50;
const LONGEST_ATTEMPT_MS = 1000;
const NEXT_BY_ITSELF_MS = 3_600_000; // ZeroMQ's own next attempt: never as long as a link lives without a connection

/**
 * One connection to a ROUTER of the daemon. It never comes back by itself: ZeroMQ's own reconnecting would send what it
 * had queued before what was lost is sent again, so that writes overtake each other. Whoever loses a link opens another,
 * which is empty, and sends again, in order, all that is not answered.
 */
export class Link {
  /** Settles when the connection is gone, and what had arrived is read by those who receive; never rejects. */
  readonly lost: Promise<void>;
  #up: Promise<boolean>;
  #socket: Dealer;
  #received = 0;
  #isLosing = false;

  private constructor(
    readonly admission: Admission,
    readonly turns: number,
    queued: number,
    keys: Keys | undefined,
  ) {
    // Not `immediate`, nor a reconnecting that is switched off (-1): with either, ZeroMQ takes the queue of a lost connection
    // away between two frames of a message that is being read, and ends the process.
    this.#socket = new Dealer({
      reconnectInterval: NEXT_BY_ITSELF_MS,
      linger: 0,
      sendHighWaterMark: queued,
      receiveHighWaterMark: queued,
      ...Keys.options(keys, admission.endpoint),
    });
    let isUp!: (up: boolean) => void;
    let isLost!: () => void;
    this.#up = new Promise((resolve) => (isUp = resolve));
    this.lost = new Promise((resolve) => (isLost = resolve));
    void this.#watch(isUp, isLost);
    this.#socket.connect(admission.endpoint);
  }

  // To the end, also behind a loss: the thread that takes a socket apart waits for ever to tell an observer of it that was
  // let go before.
  async #watch(isUp: (up: boolean) => void, isLost: () => void): Promise<void> {
    try {
      for await (const event of this.#socket.events) {
        this.admission.told(event, this.turns);
        if (event.type === 'handshake') isUp(true);
        else if (event.type !== 'connect' && event.type !== 'connect:delay') void this.#lose(isUp, isLost);
      }
    } catch {
      // The socket was closed meanwhile.
    }
    await this.#lose(isUp, isLost);
  }

  async #lose(isUp: (up: boolean) => void, isLost: () => void): Promise<void> {
    if (this.#isLosing) return;
    this.#isLosing = true;
    await this.#readToItsEnd();
    isUp(false);
    isLost();
    this.close();
  }

  /** By whoever receives: until nothing more came while the event loop went round. */
  async #readToItsEnd(): Promise<void> {
    for (let before = -1; before !== this.#received; ) {
      before = this.#received;
      for (let turns = 0; turns < 2; ++turns) await new Promise(setImmediate);
    }
  }

  /** A connection, as soon as there is one; undefined when it was told to stop. Throws Refused where none is let in. */
  static async open(
    next: () => Admission,
    queued: number,
    isStopped: () => boolean,
    keys?: Keys,
    turns: () => number = () => 1,
  ): Promise<Link | undefined> {
    for (let attemptMs = FIRST_ATTEMPT_MS; !isStopped(); attemptMs = Math.min(2 * attemptMs, LONGEST_ATTEMPT_MS)) {
      const admission = next();
      const link = new Link(admission, turns(), queued, keys);
      const pause = sleep(attemptMs);
      const longest = sleep(LONGEST_ATTEMPT_MS);
      const up = await Promise.race([link.#up, longest.then(() => false)]);
      longest.cancel();
      const refusal = up ? undefined : admission.refusal();
      if (up || refusal || isStopped()) pause.cancel();
      if (up && !isStopped()) return link;
      link.close();
      if (refusal) throw refusal;
      if (!isStopped()) await pause;
    }
    return undefined;
  }

  send(frames: (string | Uint8Array)[]): Promise<void> {
    return this.#socket.send(frames as (string | Buffer)[]);
  }

  /** Rejects when the link was closed. */
  async receive(): Promise<Buffer[]> {
    const frames = await this.#socket.receive();
    this.#received += 1;
    return frames;
  }

  close(): void {
    if (!this.#socket.closed) this.#socket.close();
  }
}
