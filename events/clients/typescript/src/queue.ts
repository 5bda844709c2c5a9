const FEW = 1024;

/** First in, first out, and out before its turn: each in constant time. */
export class Queue<T> implements Iterable<T> {
  #items: T[];
  #head = 0;
  #gone = new Set<T>(); // removed, and still among the items

  constructor(items: T[] = []) {
    this.#items = items;
  }

  get length(): number {
    return this.#items.length - this.#head - this.#gone.size;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head++]!;
      const isGone = this.#gone.delete(item);
      this.#forgetMany();
      if (!isGone) return item;
    }
    return undefined;
  }

  /** What shift() would give. */
  first(): T | undefined {
    const [first] = this;
    return first;
  }

  /** Of an item that is in it, once. */
  remove(item: T): void {
    this.#gone.add(item);
    this.#forgetMany();
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#head; at < this.#items.length; ++at) {
      const item = this.#items[at]!;
      if (!this.#gone.has(item)) yield item;
    }
  }

  // When most of the items are of the past.
  #forgetMany(): void {
    const past = this.#head + this.#gone.size;
    if (past <= FEW || 2 * past <= this.#items.length) return;
    this.#items = [...this];
    this.#gone.clear();
    this.#head = 0;
  }
}
