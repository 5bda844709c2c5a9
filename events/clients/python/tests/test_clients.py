"""The package against a real catlogd."""
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import typing
import unittest

from catlog_client import (AsyncProducer, BusError, Cursor, FileCursor, HistoryChanged, MemoryCursor, Producer, Refused, Unreachable,
                           async_changes, async_group_changes, async_wait_for, changes, check, group_changes, new_id, wait_for)
from catlog_client.group import _Member
from daemon import Daemon, genre

LONG_ENOUGH = 30
MEMBER = pathlib.Path(__file__).with_name("member.py")


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


class DealtWith(typing.NamedTuple):
    at: int
    position: int
    topic: str
    attempt: int


def dealt_with_in(folder):
    """What the members of a test have written there."""
    found = []
    for path in pathlib.Path(folder).iterdir():
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                at, position, topic, attempt = line.split()
                found.append(DealtWith(int(at), int(position), topic, int(attempt)))
    return found


def wait_until(holds):
    until = time.monotonic() + LONG_ENOUGH
    while not holds():
        if time.monotonic() > until:
            raise AssertionError("it takes too long")
        time.sleep(0.02)


class Groups(WithDaemon):
    def send(self, count, name):
        with Producer(self.data) as producer:
            for number in range(count):
                producer.send(genre(1 + number % 5, f"{name} {number}"))

    def take(self, count, **options):
        taken = []
        for change in group_changes("index", ["genres/"], data=self.data, timeout=LONG_ENOUGH, **options):
            taken.append(change)
            if len(taken) == count + 1:  # the last one is not dealt with
                break
        return taken

    def test_goes_on_behind_what_was_dealt_with_over_a_restart(self):
        self.send(10, "a")
        first = self.take(4)
        self.daemon.restart()
        rest = self.take(5)
        self.assertEqual([change.position for change in first[:-1] + rest], list(range(1, 11)))
        self.assertEqual([change.attempt for change in first], [1] * 5)
        self.assertEqual(rest[0].topic, first[-1].topic)

    def test_the_daemon_dies_and_what_comes_goes_on(self):
        self.send(10, "a")
        dealt_with = []
        for change in group_changes("index", data=self.data, timeout=LONG_ENOUGH, limit=3):
            dealt_with.append(change.position)
            if change.position == 5 and len(dealt_with) == 5:
                self.daemon.restart()
            if change.position == 10:
                break
        self.assertEqual(sorted(set(dealt_with)), list(range(1, 11)))

    def test_what_fails_is_handed_out_again_and_then_set_aside(self):
        self.send(3, "a")
        seen = []
        for change in group_changes("index", data=self.data, tries=2, timeout=LONG_ENOUGH):
            seen.append((change.position, change.attempt))
            if change.position == 2:
                change.fail("no such index", delay=0)
            if len(seen) == 4:
                break
        self.assertEqual(seen, [(1, 1), (2, 1), (3, 1), (2, 2)])
        self.assertEqual([change.position for change in group_changes("index", data=self.data, tries=2, timeout=0.1)], [2])
        status = json.loads(self.daemon.catlog("status", "--json"))["groups"]
        self.assertEqual([(group["name"], group["cursor"], group["setAside"]) for group in status], [("index", 3, 0)])

    def test_what_is_behind_a_failure_in_its_stream_comes_behind_it(self):
        with Producer(self.data) as producer:
            for number in range(4):
                producer.send(genre(1, f"a {number}"))
        seen = []
        for change in group_changes("index", data=self.data, timeout=LONG_ENOUGH, limit=10):
            seen.append((change.position, change.attempt))
            if seen[-1] == (2, 1):
                change.fail("no such index", delay=0)
            if change.position == 4:
                break
        self.assertEqual(seen, [(1, 1), (2, 1), (2, 2), (3, 2), (4, 2)])

    def test_an_acknowledgement_that_comes_twice_costs_no_other_stream(self):
        self.send(5, "a")
        seen = []
        for change in group_changes("index", data=self.data, timeout=LONG_ENOUGH, member="me", limit=10):
            seen.append((change.position, change.attempt))
            if change.position == 1:
                time.sleep(1.1)  # so that it is told before the next one
                again = _Member("index", "me", f"ipc://{self.data}/run/groups.ipc", LONG_ENOUGH, LONG_ENOUGH)
                again.run(again.must("ack", "done", deliveries=[{"position": 1, "try": 1}]))
                again.close()
            if change.position == 5:
                break
        self.assertEqual(seen, [(position, 1) for position in range(1, 6)])

    def test_members_share_and_one_that_is_killed_hands_over(self):
        self.send(200, "a")
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        members = [subprocess.Popen([sys.executable, MEMBER, self.data, os.path.join(folder, name)]) for name in "ab"]
        for process in members:
            self.addCleanup(process.kill)
        wait_until(lambda: len(dealt_with_in(folder)) > 20)
        members[0].kill()
        self.daemon.restart()
        self.daemon.catlog("rebuild")
        self.send(100, "b")
        wait_until(lambda: {each.position for each in dealt_with_in(folder)} == set(range(1, 301)))
        members[1].kill()
        for process in members:
            process.wait()
        latest = {}
        for each in sorted(dealt_with_in(folder)):
            if each.attempt == 1:  # what comes again may be behind what came since
                self.assertGreater(each.position, latest.get(each.topic, 0))
                latest[each.topic] = each.position

    def test_in_an_event_loop_and_cancelled(self):
        self.send(3, "a")

        async def take(count):
            taken = []
            async with contextlib.aclosing(async_group_changes("index", data=self.data)) as handed_out:
                async for change in handed_out:
                    taken.append((change.position, change.attempt))
                    if len(taken) == count:
                        return taken

        async def cancelled():
            self.assertEqual(await take(2), [(1, 1), (2, 1)])
            waiting = asyncio.ensure_future(take(3))  # and there are two
            while self.cursor() < 3:
                await asyncio.sleep(0.05)
            self.assertFalse(waiting.done())
            waiting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiting
            self.send(1, "b")
            return await take(1)

        self.assertEqual(asyncio.run(cancelled()), [(4, 1)])  # it held nothing, nor was it handed anything any more

    def cursor(self):
        return json.loads(self.daemon.catlog("status", "--json"))["groups"][0]["cursor"]

    def test_refusals_say_what_is_wrong(self):
        with self.assertRaisesRegex(BusError, "invalid: name") as refused:
            next(group_changes("Index", data=self.data))
        self.assertEqual(refused.exception.code, "invalid")
        next(group_changes("index", ["genres/"], data=self.data, timeout=0.05), None)
        with self.assertRaisesRegex(BusError, "topics: group index is about genres/ and stays so"):
            next(group_changes("index", ["movies/"], data=self.data))
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
