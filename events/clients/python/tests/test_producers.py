"""Producers, and what reads what was written, against a real catlogd."""
import asyncio
import contextlib
import json
import time
import unittest

from catlog_client import (AsyncProducer, BusError, HistoryChanged, Producer, Refused, Unreachable, async_wait_for, check, new_id,
                           wait_for)
from daemon import genre
from with_daemon import WithDaemon


class Producers(WithDaemon):
    def names(self):
        """Of the one genre, as the log has them."""
        lines = self.daemon.catlog("log", "--type", "genreDescribed").splitlines()
        return [json.loads(line)["event"]["genreDescribed"]["name"] for line in lines]

    def test_receipts_and_refusals(self):
        with Producer(self.data) as producer:
            told = []
            first = producer.send({"id": new_id(), **genre(16)}, told.append)
            self.assertEqual(first.result()["accepted"]["firstPosition"], 1)
            self.assertEqual(told, [first.result()])
            self.assertIn("unchanged", producer.send(genre(16)).result())
            with self.assertRaises(Refused) as refused:
                check(producer.send(genre(17, " ")).result())
            self.assertEqual((refused.exception.code, refused.exception.field), ("invalid", "/putGenre/name"))
            self.assertIn("malformed", str(producer.send({"nonsense": 1}).result()))
            with self.assertRaises(ValueError):
                producer.send({"rateMovie": {"rating": float("nan")}})

    def test_in_order_and_once_over_restarts(self):
        commands = [genre(1, f"{number % 7}") for number in range(3_000)]  # not one is unchanged
        with Producer(self.data) as producer:
            for number, command in enumerate(commands):
                producer.send(command)
                if number % 1_000 == 500:
                    self.daemon.restart()
        self.assertEqual(self.names(), [command["putGenre"]["name"] for command in commands])

    def test_gives_up(self):
        self.daemon.kill()
        producer = Producer(self.data, patience=0.3)
        self.addCleanup(producer.close)
        with self.assertRaises(Unreachable) as failure:
            producer.send(genre(1)).result()
        self.assertEqual((failure.exception.answered, failure.exception.unanswered), (0, 1))
        self.daemon.start()

    def test_a_path_that_is_too_long_is_told(self):
        with self.assertRaisesRegex(ValueError, "107 bytes"):
            Producer("/" + "x" * 200)

    def test_async_in_order_and_once_over_restarts(self):
        async def send():
            async with AsyncProducer(self.data) as producer:
                receipts = []
                for number in range(3_000):
                    await producer.room()
                    receipts.append(producer.send(genre(1, f"{number % 7}")))
                    if number % 1_000 == 500:
                        self.daemon.restart()
                return [(await receipt)["accepted"]["firstPosition"] for receipt in receipts]

        self.assertEqual(asyncio.run(send()), list(range(1, 3_001)))
        self.assertEqual(self.names(), [f"{number % 7}" for number in range(3_000)])

    def test_async_that_is_closed_leaves_nobody_waiting_for_room(self):
        async def close():
            producer = AsyncProducer(endpoint=f"ipc://{self.data}/nobody.ipc", window=1)
            producer.send(genre(1, "0"))
            waiting = asyncio.ensure_future(producer.room())
            await asyncio.sleep(0)
            producer.close()
            with self.assertRaises(BusError):
                await asyncio.wait_for(waiting, 10)
            with self.assertRaises(BusError):
                producer.send(genre(1, "1"))

        asyncio.run(close())

    def test_async_waits_at_rest_for_what_was_cancelled(self):
        async def send():
            async with AsyncProducer(self.data) as producer:
                await producer.send(genre(1, "0"))
                self.daemon.kill()
                for number in range(1, 4):
                    producer.send(genre(1, f"{number}")).cancel()
                flushed = asyncio.ensure_future(producer.flush())
                begun = time.process_time()
                await asyncio.sleep(0.5)
                took = time.process_time() - begun
                self.assertFalse(flushed.done())
                self.daemon.start()
                await flushed
                return took

        self.assertLess(asyncio.run(send()), 0.15)  # who asks again and again is busy all the time
        self.assertEqual(self.names(), ["0", "1", "2", "3"])

    def test_async_gives_up(self):
        self.daemon.kill()

        async def send():
            producer = AsyncProducer(self.data, patience=0.3)
            with contextlib.closing(producer):
                await producer.send(genre(1))

        with self.assertRaises(Unreachable):
            asyncio.run(send())
        self.daemon.start()


class ReadsItsWrites(WithDaemon):
    def setUp(self):
        super().setUp()
        with Producer(self.data) as producer:
            self.position = producer.send(genre(16, "Animation")).result()["accepted"]["lastPosition"]

    def test_sql_has_what_was_waited_for(self):
        self.assertIs(wait_for(self.position, self.data), True)
        self.assertIn("Animation", self.daemon.catlog("sql", "SELECT name FROM genres"))
        self.assertIs(asyncio.run(async_wait_for(self.position, self.data)), True)
        self.assertEqual(self.daemon.catlog("wait-for", str(self.position)), f"{self.position}\n")

    def test_what_the_log_does_not_have_is_told(self):
        for wanted in ({"position": self.position + 1}, {"position": 1, "log_id": "another"}):
            with self.assertRaises(HistoryChanged):
                wait_for(data=self.data, **wanted)

    def test_goes_on_over_a_restart(self):
        self.daemon.kill()

        async def wait():
            waiting = asyncio.ensure_future(async_wait_for(self.position, self.data))
            await asyncio.sleep(0.1)
            self.assertFalse(waiting.done())
            self.daemon.start()
            return await waiting

        self.assertIs(asyncio.run(wait()), True)

    def test_gives_up(self):
        self.daemon.kill()
        with self.assertRaises(Unreachable):
            wait_for(self.position, self.data, patience=0.3)
        self.daemon.start()

    def test_a_thing_is_looked_up(self):
        with Producer(self.data) as producer:
            receipt = producer.send({"lookUp": {"genre": {"tmdbId": 16}}}).result()
            self.assertEqual(receipt["found"], {"genre": {"id": 1, "tmdbId": 16}})
            renamed = {"expectedVersion": receipt["unchanged"]["version"], **genre(16, "Trickfilm")}
            self.assertIn("accepted", producer.send(renamed).result())
            with self.assertRaisesRegex(Refused, "versionConflict"):
                check(producer.send({**renamed, **genre(16, "Anime")}).result())
            with self.assertRaisesRegex(Refused, "notFound /lookUp/genre"):
                check(producer.send({"lookUp": {"genre": {"tmdbId": 17}}}).result())
        self.assertIn('"version":2', self.daemon.catlog("version-of", "genres/tmdb:16"))


if __name__ == "__main__":
    unittest.main()
