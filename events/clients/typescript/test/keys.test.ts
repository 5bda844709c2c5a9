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
  // Keys are for where they are asked for, and a socket's file asks for none.
  const local = daemon.client({ keys: Keys.read(sync) });
  assert.ok('unchanged' in (await local.send(genre)));
  const following = subscriber.changes({ from: 1 });
  await following.next();
  const next = following.next();
  await daemon.catlog('bus-keys', 'revoke', 'cache');
  await assert.rejects(next, isForbidden); // it is cut off, and not let in again
  await assert.rejects(subscriber.send(genre), isForbidden);
  await chmod(sync, 0o644);
  assert.throws(() => Keys.read(sync), /chmod 600/);
});

test('no answer makes it believe a key that its owner did not give it', () => {
  const keys = new Keys('o'.repeat(40), 'p'.repeat(40), 's'.repeat(40));
  const [file, here, beyond, theirs] = ['ipc:///run/commands.ipc', 'tcp://127.0.0.1:7601', 'tcp://10.0.0.2:7601', 't'.repeat(40)];
  for (const at of [file, here, beyond])
    for (const to of [here, beyond, 'ipc://@commands']) {
      assert.ok(Keys.mayFollow(at, to, keys.serverKey, keys) && Keys.mayFollow(at, to, undefined, keys));
      assert.ok(!Keys.mayFollow(at, to, theirs, keys));
      for (const more of [',ipc:///run/commands.ipc', ';192.0.2.2:7601'])
        assert.ok(!Keys.mayFollow(at, to + more, undefined, keys));
    }
  assert.ok(!Keys.mayFollow(beyond, file, undefined, keys)); // out of what is encrypted
  assert.ok(Keys.mayFollow(file, here, theirs, undefined) && Keys.mayFollow(here, file, undefined, undefined));
  for (const to of [
    beyond,
    'tcp://0.0.0.0:7601',
    'tcp://127.0.0.1.example.org:7601',
    'tcp://127.0.0.1:0;192.0.2.2:7601',
    'tcp://localhost:7601,tcp://192.0.2.2:7601',
    'tcp://127.0.0.1:',
    'tcp://127.0.0.1:*',
    'tcp://127.0.0.1:7601\n',
    'ipc://commands.ipc',
    'ipc://@name',
    'ipc:///run/commands.ipc,tcp://192.0.2.2:7601',
  ])
    assert.ok(!Keys.mayFollow(file, to, undefined, undefined));
});
