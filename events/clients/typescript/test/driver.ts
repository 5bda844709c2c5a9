// The client as tests/conformance drives it; tests/README.md says how.
import { createInterface } from 'node:readline';
import { changes, groupChanges, HistoryChanged, NotACatlog, Producer, Unreachable, waitFor, type NewCommand } from 'catlog-client';

function say(line: string): void {
  process.stdout.write(line + '\n');
}

async function produce(given: string[]): Promise<void> {
  const producer = producerOf(given);
  let failure: unknown;
  for await (const line of createInterface({ input: process.stdin })) {
    await producer.room();
    if (failure) throw failure;
    producer.send(JSON.parse(line) as NewCommand).then(
      (receipt) => say(JSON.stringify(receipt)),
      (error: unknown) => (failure ??= error),
    );
  }
  await producer.close();
  if (failure) throw failure;
}

function producerOf([endpoint, window, patience, askAgain, pack]: string[]): Producer {
  return new Producer(endpoint!, {
    window: Number(window),
    pack: Number(pack),
    patienceMs: Number(patience),
    askAgainMs: Number(askAgain),
  });
}

async function allLines(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: process.stdin })) lines.push(line);
  return lines;
}

async function onward(given: string[]): Promise<void> {
  const producer = producerOf(given);
  const [first, ...rest] = await allLines();
  const send = async (line: string) => say(JSON.stringify(await producer.send(JSON.parse(line) as NewCommand)));
  if (first !== undefined) await send(first);
  await Promise.all(rest.map(send));
  await producer.close();
}

async function chain(given: string[]): Promise<void> {
  const producer = producerOf(given);
  const lines = await allLines();
  const sendInTurn = async () => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift())
      say(JSON.stringify(await producer.send(JSON.parse(line) as NewCommand)));
  };
  await Promise.all(Array.from({ length: Number(given[1]) - 1 }, sendInTurn));
  await producer.close();
}

async function follow([feed, replay, patience, askAgain, from, logId, commandId, ...topics]: string[]): Promise<void> {
  const cursor = { logId: logId!, position: Number(from) - 1, ...(commandId === '-' ? {} : { commandId: commandId! }) };
  const all = changes({
    endpoints: { changes: feed!, replay: replay! },
    topics,
    from: Number(from),
    patienceMs: Number(patience),
    askAgainMs: Number(askAgain),
    cursor: { load: () => Promise.resolve(logId === '-' ? undefined : cursor), save: () => Promise.resolve() },
  });
  for await (const change of all) say(`${change.position} ${change.topic} ${change.header.commandId}`);
}

async function wait([replay, patience, askAgain, position, within, logId]: string[]): Promise<void> {
  const isThere = await waitFor(replay!, position === 'latest' ? position : Number(position), {
    withinMs: Number(within),
    logId: logId === '-' ? undefined : logId,
    patienceMs: Number(patience),
    askAgainMs: Number(askAgain),
  });
  say(isThere ? 'there' : 'not there');
}

async function share([endpoint, patience, askAgain, name, member, count, fails, ...topics]: string[]): Promise<void> {
  const failing = new Set(fails!.split(',').map(Number));
  let left = Number(count) || Infinity;
  const all = groupChanges({
    endpoint: endpoint!,
    name: name!,
    member: member!,
    topics,
    patienceMs: Number(patience),
    askAgainMs: Number(askAgain),
  });
  for await (const change of all) {
    say(`${change.position} ${change.topic} ${change.attempt}`);
    if (change.attempt === 1 && failing.has(change.position)) change.fail('as it is played', 0);
    if (--left === 0) break;
  }
}

// Of a producer that sends on without waiting.
async function rate([endpoint, window]: string[]): Promise<void> {
  const commands: NewCommand[] = [];
  for await (const line of createInterface({ input: process.stdin })) commands.push(JSON.parse(line) as NewCommand);
  const begun = performance.now();
  const producer = new Producer(endpoint!, { window: Number(window) });
  let accepted = 0;
  for (const command of commands) {
    await producer.room();
    void producer.send(command).then((receipt) => (accepted += 'accepted' in receipt ? 1 : 0));
  }
  await producer.close();
  const seconds = (performance.now() - begun) / 1000;
  if (accepted !== commands.length) throw new Error('not every command was accepted');
  say(String(accepted / seconds));
}

const EXIT_CODES = [
  [Unreachable, 6],
  [HistoryChanged, 1],
  [NotACatlog, 3],
] as const;

try {
  const [what, ...rest] = process.argv.slice(2);
  const drivers = { produce, onward, chain, follow, wait, share, rate };
  await drivers[what as keyof typeof drivers](rest);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exit(EXIT_CODES.find(([kind]) => error instanceof kind)?.[1] ?? 4);
}
