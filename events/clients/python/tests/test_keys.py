"""The clients with keys, against a real catlogd over tcp."""
import asyncio
import contextlib
import os
import unittest

from catlog_client import AsyncProducer, Producer, Refused, Unreachable, async_changes, changes, group_changes

from catlog_client.keys import may_follow, read_keys
from daemon import Daemon, genre

ANY = "tcp://127.0.0.1:0"


class Keys(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon("--require-keys", "--commands-endpoint", ANY, "--changes-endpoint", ANY, "--replay-endpoint", ANY,
                             "--groups-endpoint", ANY)
        self.addCleanup(self.daemon.close)

    def key(self, name, role):
        file = os.path.join(self.daemon.data, name + ".key")
        self.daemon.catlog("bus-keys", "new", name, "--role", role, "--into", file)
        return file

    def follower(self, key_file):
        return {"key_file": key_file, "changes_endpoint": self.daemon.place("changes are published at"),
                "replay_endpoint": self.daemon.place("replay is answered at")}

    def test_who_has_keys_sends_and_follows(self):
        producer_key, subscriber_key = self.key("sync", "producer"), self.key("cache", "subscriber")
        endpoint = self.daemon.place("commands arrive at")
        with Producer(endpoint=endpoint, key_file=producer_key) as producer:
            self.assertIn("accepted", producer.send(genre(1)).result())

        async def send():
            async with AsyncProducer(endpoint=endpoint, key_file=producer_key) as producer:
                return await producer.send(genre(2))

        self.assertIn("accepted", asyncio.run(send()))
        with contextlib.closing(changes(from_=1, **self.follower(subscriber_key))) as feed:
            self.assertEqual([next(feed).record["sender"] for _ in range(2)], ["sync", "sync"])

        async def follow():
            async with contextlib.aclosing(async_changes(from_=2, **self.follower(subscriber_key))) as feed:
                async for change in feed:
                    return change.position

        self.assertEqual(asyncio.run(follow()), 2)

    def test_who_may_read_is_a_member_of_a_group(self):
        with Producer(self.daemon.data) as producer:
            producer.send(genre(1)).result()
        endpoint = self.daemon.place("groups are served at")
        key = self.key("cache", "subscriber")
        with contextlib.closing(group_changes("index", endpoint=endpoint, key_file=key)) as handed_out:
            self.assertEqual(next(handed_out).position, 1)
        with self.assertRaises(Refused) as refused:
            next(group_changes("index", endpoint=endpoint, key_file=self.key("sync", "producer")))
        self.assertEqual(refused.exception.code, "forbidden")

    def test_who_is_taken_off_the_list_is_told(self):
        key = self.key("cache", "subscriber")
        endpoints = self.follower(key)
        with contextlib.closing(changes(from_=1, **endpoints)) as feed:
            with Producer(self.daemon.data) as producer:
                producer.send(genre(1)).result()
            self.assertEqual(next(feed).position, 1)
            self.daemon.catlog("bus-keys", "revoke", "cache")
            with self.assertRaises(Refused) as refused:
                next(feed)
        self.assertEqual(refused.exception.code, "forbidden")
        self.assertIn("400", str(refused.exception))
        with self.assertRaises(Refused):
            with Producer(endpoint=self.daemon.place("commands arrive at"), key_file=key) as producer:
                producer.send(genre(2)).result()

    def test_a_role_is_refused_and_another_daemons_key_reaches_nobody(self):
        key = self.key("cache", "subscriber")
        endpoint = self.daemon.place("commands arrive at")
        with Producer(endpoint=endpoint, key_file=key) as producer:
            self.assertEqual(producer.send(genre(1)).result()["refused"]["code"], "forbidden")
        with self.assertRaises(Unreachable):
            with Producer(endpoint=endpoint, key_file=key, server_key="k" * 40, patience=1.0) as producer:
                producer.send(genre(1)).result()

    def test_no_answer_makes_it_believe_a_key_that_its_owner_did_not_give_it(self):
        keys = read_keys(self.key("sync", "producer"))
        file, here, beyond, theirs = "ipc:///run/commands.ipc", "tcp://127.0.0.1:7601", "tcp://10.0.0.2:7601", "t" * 40
        for at in (file, here, beyond):
            for to in (here, beyond, "ipc://@commands"):
                self.assertTrue(may_follow(at, to, keys.server.decode(), keys) and may_follow(at, to, "", keys))
                self.assertFalse(may_follow(at, to, theirs, keys))
                self.assertFalse(may_follow(at, to + ",ipc:///run/commands.ipc", "", keys) or may_follow(at, to + ";a", "", keys))
        self.assertFalse(may_follow(beyond, file, "", keys))  # out of what is encrypted
        self.assertTrue(may_follow(file, here, theirs, None) and may_follow(here, file, "", None))
        for to in (beyond, "tcp://0.0.0.0:7601", "tcp://127.0.0.1.example.org:7601", "tcp://127.0.0.1:0;192.0.2.2:7601",
                   "tcp://localhost:7601,tcp://192.0.2.2:7601", "tcp://127.0.0.1:", "tcp://127.0.0.1:*", "tcp://127.0.0.1:7601\n",
                   "ipc://commands.ipc", "ipc://@name", "ipc:///run/commands.ipc,tcp://192.0.2.2:7601"):
            self.assertFalse(may_follow(file, to, "", None))

    def test_keys_are_for_where_they_are_asked_for(self):
        with Producer(self.daemon.data, key_file=self.key("sync", "producer")) as producer:  # a socket's file
            self.assertIn("accepted", producer.send(genre(1)).result())

    def test_a_file_that_is_none_or_anybodys_to_read_is_refused(self):
        key = self.key("cache", "subscriber")
        os.chmod(key, 0o644)
        with self.assertRaisesRegex(PermissionError, "chmod 600"):
            Producer(endpoint=ANY, key_file=key)
        with open(key, "w", encoding="ascii") as file:
            file.write("name cache\n")
        os.chmod(key, 0o600)
        with self.assertRaisesRegex(ValueError, "holds no keys"):
            Producer(endpoint=ANY, key_file=key)
        with self.assertRaisesRegex(ValueError, "needs a key_file"):
            Producer(endpoint=ANY, server_key="k" * 40)


if __name__ == "__main__":
    unittest.main()
