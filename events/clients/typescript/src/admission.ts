import type { Event } from 'zeromq';
import { Refused } from './errors.js';

// The daemon looks at its list each second, and whoever changes it may do so in two steps.
const LONGEST_CHANGE_MS = 3_000;
// Attempts are a second apart: refusals that are further apart say nothing of the time between them.
const LONGEST_PAUSE_MS = 2_500;

/** Whether a daemon lets a client in, as ZeroMQ tells of its handshakes. */
export class Admission {
  #since: number | undefined;
  #last = 0;
  #status = 0;
  #isLasting = false;
  constructor(readonly endpoint: string) {}

  /** Whether the last handshake failed because it was not let in. */
  get isRefused(): boolean {
    return this.#since !== undefined;
  }

  /** `turns`: how many endpoints are tried one after the other. */
  told(event: Event, turns = 1): void {
    if (event.type === 'handshake') {
      this.#since = undefined;
      this.#isLasting = false;
    } else if (event.type === 'handshake:error:auth') {
      this.#status = event.error.status;
      const now = Date.now();
      if (this.#since === undefined || now - this.#last > LONGEST_PAUSE_MS * turns) this.#since = now;
      this.#last = now;
      this.#isLasting = now - this.#since >= LONGEST_CHANGE_MS;
    }
  }

  /** What to throw when it was not let in for so long that no list can be about to change. */
  refusal(): Refused | undefined {
    if (!this.#isLasting) return undefined;
    this.#since = undefined;
    this.#isLasting = false;
    return new Refused(
      'forbidden',
      `${this.endpoint} does not let this client in (${this.#status}): its key, or its user, is not on the daemon's list, or has ` +
        'a role that may not do this; ask whoever runs the daemon (catlog bus-keys)',
    );
  }
}
