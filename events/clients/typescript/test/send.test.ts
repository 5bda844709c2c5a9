import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catlog, HistoryChanged, newId, Unreachable, type Receipt } from 'catlog-client';
import { Daemon, first } from './daemon.js';

const movie = { tmdbId: 45745, title: 'Sintel', overview: '', releaseDate: '2010-09-30', poster: '', backdrop: '' };

const LONG_FOR_MANY_MS = 1000; // what looks at all of them for each takes several times that

function lastPosition(receipt: Receipt): number {
  assert.ok('accepted' in receipt, JSON.stringify(receipt));
  return Number(receipt.accepted.lastPosition);
}

test('a receipt says what became of a command', async (t) => {
  const client = (await Daemon.of(t)).client();
  const made = await client.send({ putGenre: { tmdbId: 16, name: 'Animation' } });
  assert.ok('accepted' in made);
  assert.equal(made.accepted.version, 1);
  const again = await client.send({ putGenre: { tmdbId: 16, name: 'Animation' } });
  assert.ok('unchanged' in again);
  assert.equal(again.unchanged.entityId, made.accepted.entityId);
  const refused = await client.send({ putGenre: { tmdbId: 35, name: ' ' } });
  assert.ok('refused' in refused);
  assert.equal(refused.refused.code, 'invalid');
  const nowhere = await client.send({ rateMovie: { movie: { tmdbId: 1 }, rating: 5 } });
  assert.equal('refused' in nowhere && nowhere.refused.code, 'notFound');
});

test('the same id has one effect and one receipt', async (t) => {
  const client = (await Daemon.of(t)).client();
  const command = { id: newId(), createMediaList: { name: 'Animation', description: '' } };
  assert.deepEqual(await client.send(command), await client.send(command));
  assert.equal(Number((await client.status()).head), 1);
});

test('a later command names what an earlier one creates, also within a batch', async (t) => {
  const client = (await Daemon.of(t)).client();
  const list = newId();
  const receipts = await Promise.all([
    client.send({ putMovie: movie }),
    client.send({
      batch: {
        commands: [
          { id: list, createMediaList: { name: 'Animation', description: '' } },
          { listTitle: { mediaList: { createdBy: list }, movie: { tmdbId: 45745 } } },
        ],
      },
    }),
  ]);
  assert.ok(receipts.every((receipt) => 'accepted' in receipt), JSON.stringify(receipts));
  assert.equal(receipts[1]?.receipts?.length, 2);
});

test('what JSON cannot say is not sent, and what is too large is refused', async (t) => {
  const client = (await Daemon.of(t)).client();
  await assert.rejects(client.send({ rateMovie: { movie: { tmdbId: 45745 }, rating: Number.NaN } }), TypeError);
  const large = await client.send({ putMovie: { ...movie, overview: 'x'.repeat(1 << 20) } });
  assert.equal('refused' in large && large.refused.code, 'tooLarge');
  const digits = 9007199254740993n;
  lastPosition(await client.send({ putMovie: { ...movie, budget: `${digits}` } }));
  for await (const change of client.changes()) {
    assert.equal(change.type === 'movieDescribed' && change.data.budget, '9007199254740993');
    break;
  }
});

test('many are in order over restarts, each once', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client({ window: 256 });
  lastPosition(await client.send({ putMovie: movie }));
  const count = 6000;
  const receipts: Promise<Receipt>[] = [];
  for (let i = 1; i <= count; ++i)
    receipts.push(client.send({ rateMovie: { movie: { tmdbId: 45745 }, popularity: i, rating: 1 } }));
  const restarts = (async () => {
    for (let kill = 1; kill <= 4; ++kill) {
      await receipts[Math.floor((count * kill) / 5) - 1];
      await daemon.kill();
      await daemon.start();
    }
  })();
  const all = await Promise.all(receipts);
  await restarts;
  const positions = all.map(lastPosition);
  assert.deepEqual(positions, positions.toSorted((a, b) => a - b));
  const followed = await first(client.changes({ from: positions[0]!, topics: ['movies/'] }), count);
  assert.deepEqual(
    followed.map((change) => (change.type === 'movieRated' ? change.data.popularity : change.type)),
    Array.from({ length: count }, (_, i) => i + 1),
  );
  assert.equal(Number((await client.status()).head), positions.at(-1));
});

test('room() is there when fewer wait than the window takes', async (t) => {
  const client = (await Daemon.of(t)).client({ window: 8 });
  let answered = 0;
  for (let i = 1; i <= 100; ++i) {
    await client.room();
    await new Promise(setImmediate); // so that all that is answered is counted
    assert.ok(i - answered <= 8);
    void client.send({ putGenre: { tmdbId: i, name: `Genre ${i}` } }).then(() => (answered += 1));
  }
  await client.close();
  assert.equal(answered, 100);
});

test('close() comes after what senders do with their receipts', async (t) => {
  const client = (await Daemon.of(t)).client();
  let told = 0;
  for (let tmdbId = 1; tmdbId <= 300; ++tmdbId)
    void client.send({ putGenre: { tmdbId, name: `Genre ${tmdbId}` } }).then(() => (told += 1));
  await client.close();
  assert.equal(told, 300);
});

test('a signal takes a command back that was not sent', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client();
  const none = AbortSignal.abort();
  await assert.rejects(client.send({ putGenre: { tmdbId: 1, name: 'A' } }, { signal: none }), { name: 'AbortError' });
  await daemon.stop();
  const stop = new AbortController();
  const waits = client.send({ putGenre: { tmdbId: 2, name: 'B' } }, { signal: stop.signal });
  stop.abort();
  await assert.rejects(waits, { name: 'AbortError' });
  await daemon.start();
  lastPosition(await client.send({ putGenre: { tmdbId: 3, name: 'C' } }));
  assert.equal(Number((await client.status()).head), 1);
});

test('a signal lets a command go that was sent, which keeps its place', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client({ window: 1 });
  lastPosition(await client.send({ putGenre: { tmdbId: 1, name: 'A' } }));
  daemon.freeze();
  const stop = new AbortController();
  const sent = client.send({ putGenre: { tmdbId: 2, name: 'B' } }, { signal: stop.signal });
  const behind = client.send({ putGenre: { tmdbId: 3, name: 'C' } });
  await new Promise(setImmediate); // it is written
  stop.abort();
  await assert.rejects(sent, { name: 'AbortError' });
  daemon.thaw();
  assert.equal(lastPosition(await behind), 3);
  const genres = await first(client.changes(), 3);
  assert.deepEqual(genres.map((change) => change.type === 'genreDescribed' && change.data.name), ['A', 'B', 'C']);
});

test('one signal takes back very many at once', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client();
  await daemon.stop();
  const stop = new AbortController();
  const waits = Array.from({ length: 10_000 }, (_, i) =>
    client.send({ putGenre: { tmdbId: i + 1, name: 'A' } }, { signal: stop.signal }),
  );
  const last = client.send({ putGenre: { tmdbId: 1, name: 'Last' } });
  await new Promise(setImmediate); // they all wait
  const began = performance.now();
  stop.abort();
  const took = performance.now() - began;
  assert.ok(took < LONG_FOR_MANY_MS, `it took ${took} ms`);
  const ends = await Promise.allSettled(waits);
  assert.ok(ends.every((end) => end.status === 'rejected' && (end.reason as Error).name === 'AbortError'));
  await daemon.start();
  assert.equal(lastPosition(await last), 1);
});

test('SQL has what was waited for', async (t) => {
  const daemon = await Daemon.of(t);
  const client = daemon.client();
  const position = lastPosition(await client.send({ putGenre: { tmdbId: 16, name: 'Animation' } }));
  assert.equal(await client.waitFor(position), true);
  assert.match(await daemon.catlog('sql', 'SELECT name FROM genres'), /Animation/);
  await assert.rejects(client.waitFor(position + 1), HistoryChanged);
  await assert.rejects(client.waitFor(position, { logId: 'another' }), HistoryChanged);
  await daemon.kill();
  const waits = client.waitFor(position);
  await assert.rejects(client.waitFor(position, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
  await daemon.start();
  assert.equal(await waits, true);
});

test('a thing is looked up', async (t) => {
  const client = (await Daemon.of(t)).client();
  await client.send({ putGenre: { tmdbId: 16, name: 'Animation' } });
  const receipt = await client.send({ lookUp: { genre: { tmdbId: 16 } } });
  assert.ok('unchanged' in receipt);
  assert.equal(receipt.unchanged.version, 1);
  assert.deepEqual(receipt.found, { genre: { id: 1, tmdbId: 16 } });
  const nowhere = await client.send({ lookUp: { genre: { tmdbId: 17 } } });
  assert.equal('refused' in nowhere && nowhere.refused.code, 'notFound');
});

test('where no daemon is, that is said', async (t) => {
  const client = new Catlog({ data: '/nonexistent', patienceMs: 300 });
  t.after(() => client.close());
  await assert.rejects(client.send({ putGenre: { tmdbId: 1, name: 'A' } }), Unreachable);
  await assert.rejects(client.status(), Unreachable);
  await assert.rejects(client.waitFor(1), Unreachable);
  await assert.rejects(first(client.changes(), 1), Unreachable);
});
