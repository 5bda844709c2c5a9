import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CatlogError, FileCursor, HistoryChanged, type Catlog, type Change } from 'catlog-client';
import { Daemon, first } from './daemon.js';

const genre = (i: number) => ({ putGenre: { tmdbId: i, name: `Genre ${i}` } });

async function putGenres(client: Catlog, from: number, to: number): Promise<void> {
  const receipts = [];
  for (let i = from; i <= to; ++i) receipts.push(client.send(genre(i)));
  for (const receipt of await Promise.all(receipts)) assert.ok('accepted' in receipt, JSON.stringify(receipt));
}

function positions(changes: Change[]): number[] {
  return changes.map((change) => change.position);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function ready(t: TestContext): Promise<{ daemon: Daemon; client: Catlog }> {
  const daemon = await Daemon.of(t);
  return { daemon, client: daemon.client() };
}

test('what was comes first, then what comes', async (t) => {
  const { client } = await ready(t);
  await putGenres(client, 1, 1500);
  const seen: number[] = [];
  for await (const change of client.changes()) {
    seen.push(change.position);
    if (change.position === 1500) void putGenres(client, 1501, 1600);
    if (change.position === 1600) break;
  }
  assert.deepEqual(seen, range(1, 1600));
});

test('a change says what happened, to what, by which command and for which version', async (t) => {
  const { client } = await ready(t);
  const receipt = await client.send({ ...genre(16), correlationId: 'nightly' });
  const [change] = await first(client.changes(), 1);
  assert.ok(change?.type === 'genreDescribed');
  assert.deepEqual(change.data, { tmdbId: 16, name: 'Genre 16' });
  assert.equal(change.topic, 'genres/1/');
  assert.equal(change.record.commandId, receipt.id);
  assert.equal(change.record.streamVersion, 1);
  assert.equal(change.record.correlationId, 'nightly');
  assert.equal(change.header.commandId, receipt.id);
  assert.deepEqual(change.header.names, { genre: { id: 1, tmdbId: 16 } });
});

test('topics choose, whatever stands between', async (t) => {
  const { client } = await ready(t);
  const mixed = async (from: number, to: number) => {
    for (let i = from; i <= to; ++i)
      await Promise.all([client.send(genre(i)), client.send({ createMediaList: { name: `${i}`, description: '' } })]);
  };
  await mixed(1, 50);
  const wants = { table: ['genres/'], one: ['genres/7/'], two: ['genres/', 'media_lists/3/'] };
  const follow = async (topics: string[], until: string) => {
    const seen: string[] = [];
    for await (const change of client.changes({ topics })) {
      seen.push(change.topic);
      if (change.topic === until) return seen;
    }
    return seen;
  };
  const table = follow(wants.table, 'genres/100/');
  const two = follow(wants.two, 'genres/100/');
  await mixed(51, 100);
  assert.deepEqual(await table, range(1, 100).map((i) => `genres/${i}/`));
  assert.equal((await two).length, 101);
  const one = first(client.changes({ topics: wants.one, from: 'now' }), 1);
  const again = setInterval(() => void client.send({ putGenre: { tmdbId: 7, name: `Seven ${Date.now()}` } }), 50);
  assert.equal((await one)[0]?.topic, 'genres/7/');
  clearInterval(again);
});

test('a daemon that is killed and started again is followed on', async (t) => {
  const { daemon, client } = await ready(t);
  await putGenres(client, 1, 100);
  const seen = first(client.changes(), 300);
  for (let round = 1; round <= 2; ++round) {
    await daemon.kill();
    await daemon.start();
    await putGenres(client, round * 100 + 1, round * 100 + 100);
  }
  assert.deepEqual(positions(await seen), range(1, 300));
});

test('a cursor in a file goes on behind what was dealt with', async (t) => {
  const { daemon, client } = await ready(t);
  const cursor = new FileCursor(join(daemon.folder, 'cursor'));
  await putGenres(client, 1, 30);
  assert.deepEqual(positions(await first(client.changes({ cursor }), 10)), range(1, 10));
  // The tenth was handed over, and nobody asked for the next one.
  assert.deepEqual(positions(await first(client.changes({ cursor, saveEveryMs: 0 }), 10)), range(10, 19));
  assert.equal((await cursor.load())?.position, 18);
  await writeFile(cursor.path, '{"position":"many"}');
  await assert.rejects(first(client.changes({ cursor }), 1), /holds no cursor/);
});

test('a signal ends it with its reason', async (t) => {
  const { client } = await ready(t);
  await putGenres(client, 1, 3);
  const stop = new AbortController();
  const seen: number[] = [];
  const follows = (async () => {
    for await (const change of client.changes({ signal: stop.signal })) {
      seen.push(change.position);
      if (change.position === 3) setTimeout(() => stop.abort(new Error('enough')), 10);
    }
  })();
  await assert.rejects(follows, { message: 'enough' });
  assert.deepEqual(seen, [1, 2, 3]);
});

test('another log is told, and one that was put back', async (t) => {
  const { daemon, client } = await ready(t);
  const cursor = new FileCursor(join(daemon.folder, 'cursor'));
  const backup = join(daemon.folder, 'backup');
  await putGenres(client, 1, 10);
  await daemon.catlog('backup', backup);
  await putGenres(client, 11, 15);
  await first(client.changes({ cursor, saveEveryMs: 0, from: 13 }), 3);
  assert.equal((await cursor.load())?.position, 14);
  let seen = 0;
  const follows = (async () => {
    for await (const change of client.changes()) seen = change.position;
  })();
  follows.catch(() => {});
  while (seen < 15) await new Promise(setImmediate);

  await daemon.stop();
  const restored = join(daemon.folder, 'restored');
  await daemon.catlog('restore', backup, '--data', restored);
  await rename(daemon.data, join(daemon.folder, 'old'));
  await rename(restored, daemon.data);
  await daemon.start();
  await assert.rejects(follows, HistoryChanged); // it ends before what was followed
  await assert.rejects(first(client.changes({ cursor }), 1), HistoryChanged);
  await putGenres(client, 21, 30);
  await assert.rejects(first(client.changes({ cursor }), 1), HistoryChanged); // another event is there now

  await daemon.stop();
  await rm(daemon.data, { recursive: true });
  await daemon.start();
  await assert.rejects(first(client.changes({ cursor }), 1), HistoryChanged); // another log
});

test('topics that match nothing are told', async (t) => {
  const { client } = await ready(t);
  const isOfTheQuestion = (error: unknown) => error instanceof CatlogError && !(error instanceof HistoryChanged);
  await assert.rejects(first(client.changes({ topics: ['cinemas/'] }), 1), isOfTheQuestion);
  const tooMany = Array.from({ length: 300 }, (_, i) => `genres/${i}/`);
  await assert.rejects(first(client.changes({ topics: tooMany }), 1), isOfTheQuestion);
  await assert.rejects(first(client.changes({ topics: ['movies'] }), 1), TypeError);
});
