"""Members of groups at a real catlogd."""
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

from catlog_client import BusError, Producer, async_group_changes, group_changes
from catlog_client.group import _Member
from daemon import genre
from with_daemon import LONG_ENOUGH, WithDaemon

MEMBER = pathlib.Path(__file__).with_name("member.py")


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
        self.assertEqual([change.names["genre"]["tmdbId"] for change in first], [1, 2, 3, 4, 5])

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
        with self.assertRaisesRegex(BusError, "invalid: /join/name") as refused:
            next(group_changes("Index", data=self.data))
        self.assertEqual(refused.exception.code, "invalid")
        next(group_changes("index", ["genres/"], data=self.data, timeout=0.05), None)
        with self.assertRaisesRegex(BusError, "topics: group index is about genres/ and stays so"):
            next(group_changes("index", ["movies/"], data=self.data))


if __name__ == "__main__":
    unittest.main()
