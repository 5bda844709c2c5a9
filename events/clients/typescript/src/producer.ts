import { Admission } from './admission.js';
import { CatlogError, NotACatlog, Unreachable } from './errors.js';
import { newId } from './ids.js';
import { objectOf, toJson } from './json.js';
import { Keys } from './keys.js';
import { Link } from './link.js';
import { lengthsOf, receiptsIn } from './pack.js';
import { Queue } from './queue.js';
import { Session, isOutOfOrder, leaderOf } from './session.js';
import { Signals } from './signals.js';
import { Silence, sleep } from './time.js';
import { limits, type CommandFields, type Commands, type Exactly, type OneOf, type Receipt } from './vocabulary.js';

const NO_LEADER_PAUSE_MS = 100; // machines elect in a second or two

interface CommandsToSend extends Omit<Commands, 'batch'> {
  batch: { commands: NewCommand[] };
}

/** A command; one without an id gets one. */
export type NewCommand = Omit<CommandFields, 'id'> & { id?: string } & Exactly<OneOf<CommandsToSend>>;

export interface ProducerOptions {
  /** For endpoints over tcp where the daemon asks for them. */
  keys?: Keys | undefined;
  /** Commands sent and not answered yet; what is more waits here. 1 to 1024, 256 unless said. */
  window?: number;
  /** Commands in one message at most, of those that wait to be sent. 1, for none, to 256; 64 unless said. */
  pack?: number;
  /** How long no receipt may come while one is due, before all that wait are rejected. 60 s unless said. */
  patienceMs?: number;
  /** After how long without a receipt, on a connection that seems to be there, another one is made. 10 s unless said. */
  askAgainMs?: number;
}

export interface SendOptions {
  /**
   * Rejects the promise. A command that was sent already may be carried out all the same: send it again with the same
   * id to know.
   */
  signal?: AbortSignal | undefined;
}

interface Pending {
  readonly body: string;
  readonly id: string;
  number: number; // in the session; 0: it was never to be sent
  wasSent: boolean; // so that a daemon may have seen it
  resolve(receipt: Receipt): void;
  reject(reason: unknown): void;
}

function withIds(command: NewCommand): NewCommand & { id: string } {
  const id = command.id ?? newId();
  if (command.batch === undefined) return { ...command, id };
  return { ...command, id, batch: { ...command.batch, commands: command.batch.commands.map(withIds) } } as NewCommand & {
    id: string;
  };
}

function receiptOf(frame: Buffer): Receipt | undefined {
  const value = objectOf(frame);
  return value && ('accepted' in value || 'unchanged' in value || 'refused' in value) ? (value as unknown as Receipt) : undefined;
}

function tooLarge(id: string): Receipt {
  const message = `a command has at most ${limits.commandBytes} bytes; send it in parts`;
  return { id, refused: { code: 'tooLarge', message } };
}

/**
 * Sends commands, and gives a promise of the receipt of each. They are judged in the order in which they were sent, also
 * when the connection was lost (the daemon was restarted, say): what has no receipt is then sent again over a new one, in
 * the same order and session and with the same ids, so that it has one effect. One that was unchanged or refused, and whose
 * receipt was lost with the daemon, may be refused as `tooLate`: it changed nothing.
 */
export class Producer {
  readonly #endpoint: string;
  readonly #admissions: Admission[]; // of each endpoint
  #next = 0; // of them, for the next connection
  #isPausing = false; // because nobody writes now
  readonly #keys: Keys | undefined;
  readonly #window: number;
  #pack: number;
  readonly #silence: Silence;
  readonly #sinceSent: Silence; // or since the last answer
  readonly #session = new Session();
  readonly #signals = new Signals<Pending>((all, reason) => this.#takeBack(all, reason));
  #queue = new Queue<Pending>(); // not sent, or to be sent again
  #sent = new Map<number, Pending>(); // and not answered, by their numbers, which ascend
  #link: Link | undefined;
  #nextNumber = 1;
  #answered = 0;
  #isClosed = false;
  #isRunning = false;
  #work: () => void = () => {}; // tells the writer of something to do
  #settled: () => void = () => {}; // tells close() and room()
  #change = new Promise<void>((resolve) => (this.#settled = resolve));

  constructor(endpoint: string, options: ProducerOptions = {}) {
    this.#endpoint = endpoint;
    this.#admissions = endpoint.split(/,(?=tcp:\/\/|ipc:\/\/)/).map((each) => new Admission(each));
    this.#keys = options.keys;
    this.#window = options.window ?? 256;
    if (!Number.isInteger(this.#window) || this.#window < 1 || this.#window > limits.commandsUnanswered)
      throw new RangeError(`window must be 1 to ${limits.commandsUnanswered}`);
    this.#pack = options.pack ?? 64;
    if (!Number.isInteger(this.#pack) || this.#pack < 1 || this.#pack > limits.packCommands)
      throw new RangeError(`pack must be 1 to ${limits.packCommands}`);
    this.#silence = new Silence(options.patienceMs ?? 60_000);
    this.#sinceSent = new Silence(options.askAgainMs ?? 10_000);
  }

  /**
   * The receipt; a refusal is one too (`receipt.refused`). Rejected: TypeError for what JSON cannot say, Unreachable when
   * the daemon gave no answer, the signal's reason.
   */
  async send(command: NewCommand, options: SendOptions = {}): Promise<Receipt> {
    if (this.#isClosed) throw new CatlogError('this producer was closed');
    options.signal?.throwIfAborted();
    const whole = withIds(command);
    const body = toJson(whole);
    if (Buffer.byteLength(body) > limits.commandBytes) return tooLarge(whole.id);
    return this.#enqueue(whole.id, body, options.signal);
  }

  /** When fewer commands than the window wait for their receipts: for loops that send very many. */
  async room(): Promise<void> {
    while (this.#waiting() >= this.#window) await this.#change;
  }

  /** When everything that was sent is answered, and its senders know; then nothing can be sent any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#waiting() > 0) await this.#change;
    await new Promise(setImmediate); // the receipts of one message are there at once: their senders come first
    this.#work();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #waiting(): number {
    return this.#queue.length + this.#sent.size;
  }

  #enqueue(id: string, body: string, signal: AbortSignal | undefined): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const forget = () => signal && this.#signals.remove(signal, pending);
      const pending: Pending = {
        body,
        id,
        number: 0,
        wasSent: false,
        resolve: (receipt) => (forget(), resolve(receipt)),
        reject: (reason) => (forget(), reject(reason)),
      };
      if (signal) this.#signals.add(signal, pending);
      if (this.#waiting() === 0) this.#silence.begin();
      this.#queue.push(pending);
      this.#work();
      if (!this.#isRunning) void this.#run();
    });
  }

  #takeBack(all: Iterable<Pending>, reason: unknown): void {
    for (const each of all) {
      each.reject(reason);
      if (each.number === 0) this.#queue.remove(each); // else it keeps its place: what is behind it stays behind it
    }
    this.#tellSettled();
  }

  #tellSettled(): void {
    this.#settled();
    this.#change = new Promise((resolve) => (this.#settled = resolve));
  }

  #isIdle(): boolean {
    return this.#isClosed && this.#waiting() === 0;
  }

  // Connections, one after another, for as long as there is something to send or the producer is open.
  async #run(): Promise<void> {
    this.#isRunning = true;
    const watch = setInterval(() => this.#look(), this.#silence.stepMs());
    try {
      while (this.#waiting() > 0) {
        if (this.#isPausing) await sleep(NO_LEADER_PAUSE_MS);
        this.#isPausing = false;
        const isDone = () => this.#waiting() === 0;
        const link = await Link.open(
          () => this.#nextAdmission(),
          2 * this.#window + 1000,
          isDone,
          this.#keys,
          () => this.#admissions.length,
        );
        if (link) await this.#use(link);
      }
    } catch (error) {
      this.#rejectAll(() => error);
    } finally {
      clearInterval(watch);
      this.#isRunning = false;
    }
  }

  // Of a cluster's machines one after the other.
  #nextAdmission(): Admission {
    return this.#admissions[this.#next++ % this.#admissions.length]!;
  }

  // Another machine writes, or none does yet (one that names itself was started again, and does not know yet): all that has
  // no receipt goes over the next connection.
  #goTo({ leader, key }: { leader: string; key: string | undefined }, link: Link | undefined): void {
    const at = link?.admission.endpoint ?? '';
    this.#isPausing = leader === '' || leader === at || !Keys.mayFollow(at, leader, key, this.#keys);
    if (!this.#isPausing) {
      if (!this.#admissions.some((each) => each.endpoint === leader)) this.#admissions.push(new Admission(leader));
      this.#next = this.#admissions.findIndex((each) => each.endpoint === leader);
    }
    link?.close();
  }

  async #use(link: Link): Promise<void> {
    this.#link = link;
    this.#again();
    const writes = this.#write(link);
    const takes = this.#take(link);
    const watch = setInterval(() => this.#lookAt(link), this.#sinceSent.stepMs() / 4);
    await Promise.race([link.lost, writes, takes]);
    clearInterval(watch);
    link.close();
    await Promise.all([link.lost, writes, takes]);
  }

  // Everything that has no receipt is to be sent again, before anything else.
  #again(): void {
    const all = [...this.#sent.values(), ...this.#queue];
    this.#session.beginAgain(all.filter((each) => each.number > 0));
    this.#queue = new Queue(all);
    this.#sent = new Map();
    this.#sinceSent.begin();
    this.#work();
  }

  // Ends when the link does, or nothing more is to come.
  async #write(link: Link): Promise<void> {
    let isLost = false;
    void link.lost.then(() => {
      isLost = true;
      this.#work();
    });
    while (!isLost && !this.#isIdle()) {
      const together = this.#together();
      if (together.length === 0) {
        await new Promise<void>((resolve) => (this.#work = resolve));
        continue;
      }
      try {
        await link.send(this.#framesOf(together));
        for (const each of together) each.wasSent = true;
      } catch {
        return; // it was lost: what is in #sent goes over the next one
      }
    }
  }

  // What goes in the next message: of what waits, what the window and a pack have room for. It is sent from now on.
  #together(): Pending[] {
    const most = Math.min(this.#pack, this.#window - this.#sent.size);
    const together: Pending[] = [];
    let bytes = 0;
    while (together.length < most) {
      const next = this.#queue.first();
      if (next === undefined) break;
      bytes += Buffer.byteLength(next.body);
      if (together.length > 0 && bytes > limits.packBytes) break;
      this.#queue.shift();
      if (next.number === 0) next.number = this.#nextNumber++;
      if (this.#sent.size === 0) this.#sinceSent.begin();
      this.#sent.set(next.number, next);
      together.push(next);
    }
    return together;
  }

  #framesOf(together: Pending[]): (string | Uint8Array)[] {
    const { number } = together[0]!;
    const oldest = this.#sent.keys().next().value ?? number;
    const bodies = together.map((each) => each.body);
    const frames = [this.#session.tagOf(number, together.length), 'j', bodies.join(''), this.#session.frameOf(number, oldest)];
    return together.length === 1 ? frames : [...frames, lengthsOf(bodies)];
  }

  async #take(link: Link): Promise<void> {
    try {
      for (;;) this.#answer(await link.receive());
    } catch {
      // The link was closed.
    }
  }

  #answer(frames: Buffer[]): void {
    if (frames.length !== 3 && frames.length !== 4) return;
    const { number, count, isOfNow } = this.#session.read(frames[0]!);
    if (frames.length === 3) return this.#receive(number, count, isOfNow, frames[2]!);
    receiptsIn(frames[2]!, frames[3]!, count).forEach((receipt, place) => {
      if (receipt.length === 0) return;
      // What an earlier one of them said may have had all sent again.
      this.#receive(number + place, 1, this.#session.read(frames[0]!).isOfNow, receipt);
    });
  }

  #receive(number: number, count: number, isOfNow: boolean, body: Buffer): void {
    const pending = this.#sent.get(number);
    if (!pending) return; // a second answer, or one to a command that was given up
    const receipt = receiptOf(body);
    if (!receipt) return this.#rejectAll(() => new NotACatlog(`the answer to ${pending.id} is no receipt`));
    const leader = leaderOf(receipt);
    if (leader !== undefined) return isOfNow ? this.#goTo(leader, this.#link) : undefined;
    // About a pack, of which nothing was looked at: by a daemon that knows none.
    if (count > 1) {
      this.#pack = 1;
      return isOfNow ? this.#again() : undefined;
    }
    // Answers come in order, so one to a later command tells that the first one's was lost, as `outOfOrder` tells that a
    // command was: once, however many say so.
    const isFirst = number === this.#sent.keys().next().value;
    if (!isFirst || isOutOfOrder(receipt)) return isOfNow ? this.#again() : undefined;
    this.#sent.delete(number);
    this.#answered += 1;
    this.#session.answeredBy(receipt);
    this.#sinceSent.begin();
    this.#silence.begin();
    pending.resolve(receipt);
    this.#tellSettled();
    this.#work();
  }

  #lookAt(link: Link): void {
    if (this.#sent.size === 0) this.#sinceSent.begin();
    else if (this.#sinceSent.look()) link.close();
  }

  #look(): void {
    if (this.#waiting() === 0) return this.#silence.begin();
    if (!this.#silence.look()) return;
    this.#rejectAll(
      (each) =>
        new Unreachable(
          `nothing answers on ${this.#endpoint} for ${this.#silence.patienceMs / 1000} s: ${this.#answered} commands were ` +
            `answered; ${each.id} ${each.number > 0 ? 'may have been carried out or not' : 'was not sent'}; send it again ` +
            `with the same id when catlogd runs`,
        ),
    );
    this.#link?.close();
    this.#silence.begin();
  }

  #rejectAll(reasonOf: (each: Pending) => unknown): void {
    const all = [...this.#sent.values(), ...this.#queue];
    this.#queue = new Queue();
    this.#sent = new Map();
    for (const each of all) each.reject(reasonOf(each));
    this.#tellSettled();
    this.#work();
  }
}
