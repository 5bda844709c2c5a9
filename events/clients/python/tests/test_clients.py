"""The package against a real catlogd."""
import asyncio
import contextlib
import json
import os
import tempfile
import time
import unittest

from catlog_client import (AsyncProducer, BusError, Cursor, FileCursor, HistoryChanged, MemoryCursor, Producer, Refused, Unreachable,
                           async_changes, changes, check, new_id)
from daemon import Daemon, genre

LONG_ENOUGH = 30


class WithDaemon(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.close)
        self.data = self.daemon.data

    def positions(self, count, **options):
        found = []
        for change in changes(self.data, timeout=LONG_ENOUGH, **options):
            found.append(change.position)
            if len(found) == count:
                break
        return found

    def names(self):
        """Of the one genre, as the log has them."""
        lines = self.daemon.catlog("log", "--type", "genreDescribed").splitlines()
        return [json.loads(line)["event"]["genreDescribed"]["name"] for line in lines]


class Producers(WithDaemon):
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


class Changes(WithDaemon):
    def setUp(self):
        super().setUp()
        with Producer(self.data) as producer:
            for number in range(1, 6):
                producer.send(genre(number))

    def test_catches_up_and_goes_live(self):
        following = changes(self.data, from_=2, timeout=LONG_ENOUGH)
        self.assertEqual([next(following).position for _ in range(4)], [2, 3, 4, 5])
        with Producer(self.data) as producer:
            producer.send(genre(6))
        change = next(following)
        self.assertEqual((change.position, change.topic), (6, "genres/6/"))
        self.assertEqual(change.record["event"]["genreDescribed"]["name"], "Genre 6")
        following.close()

    def test_topics(self):
        self.assertEqual(self.positions(1, from_=1, topics=["genres/3/"]), [3])
        self.assertEqual(self.positions(5, from_=1, topics=["genres/", "movies/"]), [1, 2, 3, 4, 5])
        with self.assertRaises(ValueError):
            next(changes(self.data, topics=["json/genres/"]))

    def test_a_topic_that_matches_nothing_is_no_other_history(self):
        for topics in (["cinemas/"], [f"genres/{number}/" for number in range(300)]):
            with self.assertRaisesRegex(BusError, "topics") as refused:
                next(changes(self.data, from_=1, topics=topics))
            self.assertNotIsInstance(refused.exception, HistoryChanged)

    def test_goes_on_over_a_restart(self):
        following = changes(self.data, from_=1, timeout=LONG_ENOUGH)
        found = [next(following).position for _ in range(5)]
        for number in range(6, 9):
            self.daemon.restart()
            with Producer(self.data) as producer:
                producer.send(genre(number))
            found.append(next(following).position)
        self.assertEqual(found, list(range(1, 9)))
        following.close()

    def test_a_cursor_file_holds_what_was_dealt_with(self):
        with tempfile.TemporaryDirectory() as folder:
            where = os.path.join(folder, "cursor")
            self.assertEqual(self.positions(3, cursor=FileCursor(where)), [1, 2, 3])  # the third is not dealt with
            self.assertEqual(FileCursor(where).load().position, 2)
            self.assertEqual(self.positions(3, cursor=FileCursor(where)), [3, 4, 5])

    def test_another_log_and_a_cursor_beyond_its_end_are_told(self):
        log_id = next(changes(self.data, from_=1)).log_id
        for cursor in (Cursor("another", 1), Cursor(log_id, 9), Cursor(log_id, 3, new_id())):
            with self.assertRaises(HistoryChanged):
                next(changes(self.data, cursor=MemoryCursor(cursor)))

    def test_async(self):
        async def follow():
            found = []
            async with contextlib.aclosing(async_changes(self.data, from_=1, timeout=LONG_ENOUGH)) as following:
                async for change in following:
                    found.append(change.position)
                    if change.position == 5:
                        self.daemon.restart()
                        with Producer(self.data) as producer:
                            producer.send(genre(6))
                    if change.position == 6:
                        return found

        self.assertEqual(asyncio.run(follow()), [1, 2, 3, 4, 5, 6])

    def test_gives_up(self):
        self.daemon.kill()
        with self.assertRaises(Unreachable):
            next(changes(self.data, patience=0.3))
        self.daemon.start()


if __name__ == "__main__":
    unittest.main()
