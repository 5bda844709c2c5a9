interface Group<T> {
  items: Set<T>;
  stopListening(): void;
}

/** What each signal ends. A signal has one listener, however many items it ends: adding and removing one is linear there. */
export class Signals<T> {
  readonly #groups = new Map<AbortSignal, Group<T>>();

  constructor(readonly onAbort: (items: ReadonlySet<T>, reason: unknown) => void) {}

  add(signal: AbortSignal, item: T): void {
    const group = this.#groups.get(signal) ?? this.#listen(signal);
    group.items.add(item);
  }

  remove(signal: AbortSignal, item: T): void {
    const group = this.#groups.get(signal);
    if (!group?.items.delete(item) || group.items.size > 0) return;
    group.stopListening();
    this.#groups.delete(signal);
  }

  #listen(signal: AbortSignal): Group<T> {
    const items = new Set<T>();
    const listener = () => {
      this.#groups.delete(signal);
      this.onAbort(items, signal.reason);
    };
    signal.addEventListener('abort', listener, { once: true });
    const group = { items, stopListening: () => signal.removeEventListener('abort', listener) };
    this.#groups.set(signal, group);
    return group;
  }
}
