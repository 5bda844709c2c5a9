export interface Sleep extends Promise<void> {
  cancel(): void;
}

/** A pause; cancelled, it ends at once. */
export function sleep(ms: number): Sleep {
  let cancel!: () => void;
  const pause = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    cancel = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return Object.assign(pause, { cancel });
}

const LONGEST_STEP_MS = 1000;

/**
 * Counts how long nobody has answered. Between two looks at most a second counts: a process that was suspended, or was
 * busy with something else, has not waited.
 */
export class Silence {
  #waitedMs = 0;
  #lookedAt = Date.now();
  constructor(readonly patienceMs: number) {}

  begin(): void {
    this.#waitedMs = 0;
    this.#lookedAt = Date.now();
  }

  /** Whether it has lasted too long. */
  look(): boolean {
    const now = Date.now();
    this.#waitedMs += Math.min(Math.max(now - this.#lookedAt, 0), LONGEST_STEP_MS);
    this.#lookedAt = now;
    return this.#waitedMs >= this.patienceMs;
  }

  stepMs(): number {
    return Math.min(Math.max(this.patienceMs - this.#waitedMs, 1), LONGEST_STEP_MS);
  }
}
