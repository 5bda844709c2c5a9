import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, type Catlog, type GroupChange } from 'catlog-client';
import { Daemon, first } from './daemon.js';

const genre = (i: number, name = `Genre ${i}`) => ({ putGenre: { tmdbId: i, name } });

async function putGenres(client: Catlog, streams: number, times: number): Promise<void> {
  for (let time = 0; time < times; ++time)
    for (let i = 1; i <= streams; ++i) await client.send(genre(i, `Name ${time}`));
}

const attempts = (changes: GroupChange[]) => changes.map((change) => [change.position, change.attempt]);

async function cursorOf(daemon: Daemon): Promise<number> {
  const status = JSON.parse(await daemon.catlog('status', '--json')) as { groups: { cursor: number }[] };
  return status.groups[0]!.cursor;
}

test('a member goes on behind what was dealt with, over restarts', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client();
  await putGenres(client, 3, 2);
  const taken = await first(client.groupChanges('index', { topics: ['genres/'] }), 4);
  assert.deepEqual(attempts(taken), [[1, 1], [2, 1], [3, 1], [4, 1]]);
  assert.equal(await cursorOf(daemon), 3); // the last one was not dealt with
  await daemon.kill();
  await daemon.start();
  const rest = [];
  for await (const change of client.groupChanges('index', { topics: ['genres/'] })) {
    rest.push(change.position);
    assert.ok(change.type === 'genreDescribed');
    assert.match(change.data.name, /^(Name|Genre) \d$/);
    if (change.position === 4) {
      await daemon.kill();
      await daemon.start();
    }
    if (change.position === 6) void client.send(genre(9));
    if (change.position === 7) break;
  }
  assert.deepEqual([...new Set(rest)], [4, 5, 6, 7]);
});

test('what fails comes again, and its stream behind it', async (t) => {
  const client = (await Daemon.of(t)).client();
  await putGenres(client, 2, 2);
  const seen: GroupChange[] = [];
  for await (const change of client.groupChanges('index')) {
    seen.push(change);
    if (seen.length === 1) change.fail('no such index', 0);
    if (seen.length === 5) break;
  }
  assert.deepEqual(attempts(seen), [[1, 1], [2, 1], [4, 1], [1, 2], [3, 2]]);
});

test('a signal ends it, and what it held goes to others at once', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client();
  await putGenres(client, 2, 1);
  const stop = new AbortController();
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const change of client.groupChanges('index', { signal: stop.signal })) {
      seen.push(change.position);
      stop.abort(new Error('enough'));
    }
  }, /enough/);
  assert.deepEqual(seen, [1]);
  assert.deepEqual(attempts(await first(client.groupChanges('index'), 1)), [[2, 2]]); // 1 was dealt with
  const waiting = new AbortController();
  const waits = client.groupChanges('index', { signal: waiting.signal });
  assert.equal((await waits.next()).value?.position, 2);
  const next = waits.next(); // there is none
  setTimeout(() => waiting.abort(new Error('enough')), 300);
  await assert.rejects(next, /enough/);
  await client.send(genre(9));
  assert.deepEqual(attempts(await first(client.groupChanges('index'), 1)), [[3, 1]]); // nobody held it meanwhile
});

test('a refusal is told with its code and words', async (t) => {
  const client = (await Daemon.of(t)).client();
  await assert.rejects(client.groupChanges('Index').next(), (error: unknown) => {
    assert.ok(error instanceof Refused);
    assert.equal(error.code, 'invalid');
    assert.match(error.message, /^invalid: .*name/);
    return true;
  });
});
