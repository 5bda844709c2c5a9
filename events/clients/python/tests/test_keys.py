"""The clients with keys, against a real catlogd over tcp."""
import asyncio
import contextlib
import os
import unittest

from catlog_client import AsyncProducer, Producer, Unreachable, async_changes, changes

from daemon import Daemon, genre

ANY = "tcp://127.0.0.1:0"


class Keys(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon("--require-keys", "--commands-endpoint", ANY, "--changes-endpoint", ANY, "--replay-endpoint", ANY)
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

    def test_a_role_is_refused_and_another_daemons_key_reaches_nobody(self):
        key = self.key("cache", "subscriber")
        endpoint = self.daemon.place("commands arrive at")
        with Producer(endpoint=endpoint, key_file=key) as producer:
            self.assertEqual(producer.send(genre(1)).result()["refused"]["code"], "forbidden")
        with self.assertRaises(Unreachable):
            with Producer(endpoint=endpoint, key_file=key, server_key="k" * 40, patience=1.0) as producer:
                producer.send(genre(1)).result()

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
