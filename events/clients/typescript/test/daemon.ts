import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Catlog, type CatlogOptions } from 'catlog-client';

const BIN = process.env['CATLOG_BIN'] ?? '';
if (!BIN) throw new Error('CATLOG_BIN must name the folder of catlogd');

/** A real catlogd on a data directory of its own. */
export class Daemon {
  #process: ChildProcess | undefined;
  #said = '';
  #clients: Catlog[] = [];

  private constructor(
    readonly folder: string,
    public data: string,
    private readonly args: string[] = [],
  ) {}

  /** Started, and ended and removed with the test. */
  static async of(test: TestContext, ...args: string[]): Promise<Daemon> {
    const folder = await mkdtemp(join(tmpdir(), 'catlog-ts-'));
    const daemon = new Daemon(folder, join(folder, 'data'), args);
    test.after(async () => {
      for (const client of daemon.#clients) await client.close(); // what was sent is answered by a daemon that is there
      await daemon.kill();
      await rm(folder, { recursive: true, force: true });
    });
    await daemon.start();
    return daemon;
  }

  async start(): Promise<void> {
    const child = spawn(join(BIN, 'catlogd'), ['--data', this.data, ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let said = '';
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.includes('ready')) resolve();
      });
      child.stderr.on('data', (text: Buffer) => {
        said += text.toString();
        this.#said += text.toString();
      });
      child.on('exit', () => reject(new Error(`catlogd ended: ${said}`)));
    });
    await ready;
  }

  /** Where it says that something happens: "commands arrive at". */
  place(what: string): string {
    return new RegExp(`${what} (tcp://[^,\\s]+)`).exec(this.#said)?.[1] ?? `nowhere: ${this.#said}`;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    child.removeAllListeners('exit');
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** It answers nothing, and its connections stay. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** `catlog` with these arguments, of this data directory or another; what it wrote to stdout. */
  async catlog(...args: string[]): Promise<string> {
    const child = spawn(join(BIN, 'catlog'), args.includes('--data') ? args : ['--data', this.data, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`catlog ${args.join(' ')} ended with ${code}`);
    return out;
  }

  /** Closed with the test. */
  client(options: CatlogOptions = {}): Catlog {
    const client = new Catlog({ data: this.data, ...options });
    this.#clients.push(client);
    return client;
  }
}

/** The first `count` of what is iterated over. */
export async function first<T>(all: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const each of all) if (taken.push(each) === count) break;
  return taken;
}
