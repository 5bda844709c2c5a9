#!/usr/bin/env python3
"""The Python clients as tests/conformance drives them; tests/README.md says how. With --async the forms for asyncio."""
import asyncio
import contextlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "events/clients/python"))
from catlog_client import (AsyncProducer, BusError, Cursor, HistoryChanged, MemoryCursor, NotCatlog, Producer, Unreachable,  # noqa: E402
                           async_changes, async_group_changes, async_wait_for, changes, group_changes, wait_for)


def say(text):
    print(text, flush=True)


def produce(options, lines, waits_for_first=False):
    with Producer(**options) as producer:
        if waits_for_first and (line := lines.readline()):
            say(json.dumps(producer.send(json.loads(line)).result()))
        for line in lines:
            producer.send(json.loads(line), lambda receipt: say(json.dumps(receipt)))


def chain(options, lines):
    is_in_callback = False

    def send_next():
        if line := lines.readline():
            producer.send(json.loads(line), take)

    def take(receipt):
        nonlocal is_in_callback
        if is_in_callback:
            raise RuntimeError("a callback runs within another one")
        is_in_callback = True
        say(json.dumps(receipt))
        send_next()
        is_in_callback = False

    with Producer(**options) as producer:
        for _ in range(1, options["window"]):
            send_next()


async def chain_async(options, lines):
    async def send_in_turn():
        while line := lines.readline():
            say(json.dumps(await producer.send(json.loads(line))))

    async with AsyncProducer(**options) as producer:
        await asyncio.gather(*(send_in_turn() for _ in range(1, options["window"])))


TOGETHER = 4  # commands that are sent in one turn of the loop


async def produce_async(options, lines, waits_for_first=False):
    producer = AsyncProducer(**options)
    try:
        if waits_for_first and (line := lines.readline()):
            say(json.dumps(await producer.send(json.loads(line))))
        for number, line in enumerate(iter(lambda: lines.readline(), "")):
            await producer.room()
            producer.send(json.loads(line)).add_done_callback(
                lambda receipt: receipt.cancelled() or receipt.exception() or say(json.dumps(receipt.result())))
            if number % TOGETHER == 0:
                await asyncio.sleep(0)
        await producer.flush()
    finally:
        producer.close()


def tell(change):
    say(f"{change.position} {change.topic} {change.command_id}")


async def follow_async(options):
    async for change in async_changes(**options):
        tell(change)


class Rate:
    """Of a producer that sends on without waiting."""

    def __init__(self, lines):
        self.commands = [json.loads(line) for line in lines]
        self._accepted = 0
        self._begun = time.monotonic()

    def take(self, receipt):
        self._accepted += "accepted" in receipt

    def say(self):
        seconds = time.monotonic() - self._begun
        if self._accepted != len(self.commands):
            sys.exit("not every command was accepted")
        say(self._accepted / seconds)


def rate(options, run):
    with Producer(**options) as producer:
        for command in run.commands:
            producer.send(command, run.take)
    run.say()


async def rate_async(options, run):
    async with AsyncProducer(**options) as producer:
        for command in run.commands:
            await producer.room()
            producer.send(command).add_done_callback(lambda receipt: run.take(receipt.result()))
        await producer.flush()
    run.say()


class Shared:
    """What a member does with each change; it ends when so many were handed over."""

    def __init__(self, count, fails):
        self._left = count or float("inf")
        self._fails = {int(position) for position in fails.split(",") if position != "-"}

    def is_last(self, change):
        say(f"{change.position} {change.topic} {change.attempt}")
        if change.attempt == 1 and change.position in self._fails:
            change.fail("as it is played", delay=0)
        self._left -= 1
        return self._left == 0


def share(options, shared):
    with contextlib.closing(group_changes(**options)) as handed_out:
        for change in handed_out:
            if shared.is_last(change):
                return


async def share_async(options, shared):
    async with contextlib.aclosing(async_group_changes(**options)) as handed_out:
        async for change in handed_out:
            if shared.is_last(change):
                return


def main(is_async, what, arguments):
    if what in ("produce", "onward", "chain"):
        endpoint, window, patience, ask_again, pack = arguments
        options = {"endpoint": endpoint, "window": int(window), "patience": int(patience) / 1e3, "ask_again": int(ask_again) / 1e3,
                   "pack": int(pack)}
        run = (chain, chain_async)[is_async] if what == "chain" else (produce, produce_async)[is_async]
        more = [True] if what == "onward" else []
        return asyncio.run(run(options, sys.stdin, *more)) if is_async else run(options, sys.stdin, *more)
    if what == "wait":
        endpoint, patience, ask_again, position, within, log_id = arguments
        options = {"replay_endpoint": endpoint, "patience": int(patience) / 1e3, "ask_again": int(ask_again) / 1e3,
                   "within": int(within) / 1e3, "log_id": None if log_id == "-" else log_id}
        wanted = "latest" if position == "latest" else int(position)
        is_there = asyncio.run(async_wait_for(wanted, **options)) if is_async else wait_for(wanted, **options)
        return say("there" if is_there else "not there")
    if what == "rate":
        options = {"endpoint": arguments[0], "window": int(arguments[1]), "pack": 64}
        run = Rate(sys.stdin)
        return asyncio.run(rate_async(options, run)) if is_async else rate(options, run)
    if what == "share":
        endpoint, patience, ask_again, name, member, count, fails, *topics = arguments
        options = {"endpoint": endpoint, "patience": int(patience) / 1e3, "ask_again": int(ask_again) / 1e3, "name": name,
                   "member": member, "topics": topics}
        shared = Shared(int(count), fails)
        return asyncio.run(share_async(options, shared)) if is_async else share(options, shared)
    changes_endpoint, replay_endpoint, patience, ask_again, from_, log_id, last_command_id, *topics = arguments
    options = {"changes_endpoint": changes_endpoint, "replay_endpoint": replay_endpoint, "patience": int(patience) / 1e3,
               "ask_again": int(ask_again) / 1e3, "topics": topics, "from_": int(from_)}
    if log_id != "-":
        options["cursor"] = MemoryCursor(Cursor(log_id, int(from_) - 1, "" if last_command_id == "-" else last_command_id))
    if is_async:
        return asyncio.run(follow_async(options))
    for change in changes(**options):
        tell(change)
    return None


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--async"]
    try:
        main("--async" in sys.argv, words[0], words[1:])
    except Unreachable as failure:
        print(failure, file=sys.stderr)
        sys.exit(6)
    except HistoryChanged as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    except NotCatlog as failure:
        print(failure, file=sys.stderr)
        sys.exit(3)
    except BusError as failure:  # Refused among them
        print(failure, file=sys.stderr)
        sys.exit(4)
