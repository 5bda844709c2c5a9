import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Keys, Refused, Unreachable } from 'catlog-client';
import { Daemon, first } from './daemon.js';

const ANY = 'tcp://127.0.0.1:0';

test('who has keys sends and follows over tcp; a role and another daemon are told', async (t) => {
  const daemon = await Daemon.of(
    t, '--require-keys', '--commands-endpoint', ANY, '--changes-endpoint', ANY, '--replay-endpoint', ANY, '--groups-endpoint', ANY,
  );
  const key = async (name: string, role: string) => {
    const file = join(daemon.folder, name);
    await daemon.catlog('bus-keys', 'new', name, '--role', role, '--into', file);
    return file;
  };
  const [sync, cache] = [await key('sync', 'producer'), await key('cache', 'subscriber')];
  const endpoints = {
    commands: daemon.place('commands arrive at'),
    changes: daemon.place('changes are published at'),
    replay: daemon.place('replay is answered at'),
    groups: daemon.place('groups are served at'),
  };
  const genre = { putGenre: { tmdbId: 16, name: 'Animation' } };
  const producer = daemon.client({ endpoints, keys: Keys.read(sync) });
  assert.ok('accepted' in (await producer.send(genre)));
  const subscriber = daemon.client({ endpoints, keys: Keys.read(cache) });
  const [change] = await first(subscriber.changes({ from: 1 }), 1);
  assert.equal(change!.header.sender, 'sync');
  assert.equal((await subscriber.status()).head, 1);
  const refused = await subscriber.send(genre);
  assert.equal('refused' in refused && refused.refused.code, 'forbidden');
  const astray = daemon.client({ endpoints, keys: Keys.read(sync, 'k'.repeat(40)), patienceMs: 1000 });
  await assert.rejects(astray.send(genre), Unreachable);
  const [shared] = await first(subscriber.groupChanges('index'), 1);
  assert.equal(shared!.position, 1);
  const isForbidden = (error: unknown) => error instanceof Refused && error.code === 'forbidden';
  await assert.rejects(producer.groupChanges('index').next(), isForbidden);
  const following = subscriber.changes({ from: 1 });
  await following.next();
  const next = following.next();
  await daemon.catlog('bus-keys', 'revoke', 'cache');
  await assert.rejects(next, isForbidden); // it is cut off, and not let in again
  await assert.rejects(subscriber.send(genre), isForbidden);
  await chmod(sync, 0o644);
  assert.throws(() => Keys.read(sync), /chmod 600/);
});
