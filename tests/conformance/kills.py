#!/usr/bin/env python3
"""Kills a real catlogd under a client that sends, one that follows and a member of a group: nothing may be lost, doubled or out
of order.

  kills.py --programs DIR [--kills N] [--commands N] DRIVER...      the folder of catlogd and catlog; a client's driver

Each command sets a movie's popularity to its own number, every seventh to the one before it, which changes nothing. Prints the
seed and what came of it; exit 1 with a sentence otherwise.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

from player import Wrong, command_id, require

PATIENCE_MS, ASK_AGAIN_MS, WINDOW, PACK = 60_000, 10_000, 256, 64
LONG_ENOUGH_S = 200
GROUP = "kills"
MOVIE = {"id": command_id(1 << 40), "putMovie": {"tmdbId": 1, "title": "M", "overview": "", "releaseDate": "", "poster": "",
                                                 "backdrop": ""}}


class Daemon:
    def __init__(self, programs, data):
        self._programs, self._data = programs, data
        self.start()

    def start(self):
        self._process = subprocess.Popen([self._programs / "catlogd", "--data", self._data], stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        require(self._process.stdout.readline() == "catlogd ready\n", "catlogd did not start")

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def catlog(self, *arguments, given=None):
        return subprocess.run([self._programs / "catlog", "--data", self._data, *arguments], check=True, input=given,
                              capture_output=True, text=True).stdout


def is_unchanged(number):
    return number % 7 == 0


def popularity(number):
    return number - 1 if is_unchanged(number) else number


def command(number):
    return json.dumps({"id": command_id(number), "rateMovie": {"movie": {"tmdbId": 1}, "popularity": popularity(number), "rating": 5}})


def feed(process, commands):
    try:
        for number in range(1, commands + 1):
            process.stdin.write(command(number) + "\n")
        process.stdin.close()
    except OSError:
        pass


class Reading(threading.Thread):
    """A client that hands over events, and their lines."""

    def __init__(self, driver, what, *arguments):
        super().__init__(daemon=True)
        self.process = subprocess.Popen([*driver, what, *arguments], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.start()

    def run(self):
        for line in self.process.stdout:
            self.lines.append(line.split())

    def end(self):
        self.process.kill()
        self.process.wait()
        self.join()


def follow(driver, run):
    return Reading(driver, "follow", f"ipc://{run}/changes.ipc", f"ipc://{run}/replay.ipc", str(PATIENCE_MS), str(ASK_AGAIN_MS), "1",
                   "-", "-")


def share(driver, run):
    return Reading(driver, "share", f"ipc://{run}/groups.ipc", str(PATIENCE_MS), str(ASK_AGAIN_MS), GROUP, "me", "0", "-")


def produce_under_kills(driver, daemon, run, options, chance):
    """The receipts, in the order in which the client handed them over."""
    process = subprocess.Popen([*driver, "produce", f"ipc://{run}/commands.ipc", str(WINDOW), str(PATIENCE_MS), str(ASK_AGAIN_MS),
                                str(PACK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    threading.Thread(target=feed, args=(process, options.commands), daemon=True).start()
    kills = set(chance.sample(range(1, options.commands), options.kills))
    receipts = []
    for line in process.stdout:
        receipts.append(json.loads(line))
        if len(receipts) in kills:
            time.sleep(chance.random() * 0.005)
            daemon.kill()
            daemon.start()
    require(process.wait() == 0, f"the producer ended with {process.returncode} after {len(receipts)} receipts")
    return receipts


def check_receipts(receipts, commands):
    require([receipt["id"] for receipt in receipts] == [command_id(number) for number in range(1, commands + 1)],
            "receipts are lost, doubled or out of order")
    last, lost = 0, 0
    for number, receipt in enumerate(receipts, 1):
        if is_unchanged(number):
            lost += receipt.get("refused", {}).get("code") == "tooLate"
            require("unchanged" in receipt or receipt.get("refused", {}).get("code") == "tooLate", f"number {number}: {receipt}")
            continue
        require("accepted" in receipt, f"number {number}: {receipt}")
        position = int(receipt["accepted"]["firstPosition"])
        require(position > last, f"number {number} was carried out before an earlier one")
        last = position
    return last, lost


def check_log(daemon, commands):
    rated = [int(json.loads(line)["event"]["movieRated"]["popularity"])
             for line in daemon.catlog("log", "--type", "movieRated").splitlines()]
    due = [number for number in range(1, commands + 1) if not is_unchanged(number)]
    require(rated == due, f"of {len(due)} changes the log holds {len(rated)}, or in another order")
    require(daemon.catlog("verify") == "ok\n", "catlog verify is not content")


def wait_until(holds):
    until = time.monotonic() + LONG_ENOUGH_S
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)


def check_followed(followed, head):
    wait_until(lambda: len(followed.lines) >= head or followed.process.poll() is not None)
    positions = [int(line[0]) for line in followed.lines]
    require(positions == list(range(1, head + 1)), f"of {head} events it handed over {len(positions)}, or not in order")


def cursor(daemon):
    """Of the group; 0 while there is none."""
    groups = json.loads(daemon.catlog("status", "--json"))["groups"]
    return next((int(group["cursor"]) for group in groups if group["name"] == GROUP), 0)


def check_shared(shared, daemon, head):
    """Each event at least once, what is handed out for the first time in order, and no attempt twice. How many came again."""
    wait_until(lambda: shared.process.poll() is not None or cursor(daemon) >= head)
    require(cursor(daemon) == head, f"the group's cursor is {cursor(daemon)} of {head}")
    shared.end()
    handed_out = [(int(position), int(attempt)) for position, _, attempt in shared.lines]
    first = [position for position, attempt in handed_out if attempt == 1]
    require(len(set(handed_out)) == len(handed_out), "an event was handed out twice for the same time")
    require(first == sorted(first), "the group handed out events of one stream out of order")
    require({position for position, _ in handed_out} == set(range(1, head + 1)), "the group did not hand out each event")
    return len(handed_out) - head


def try_it(options, folder):
    seed = int(os.environ.get("CATLOG_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {seed}", file=sys.stderr)
    data = os.path.join(folder, "data")
    daemon = Daemon(options.programs, data)
    run = os.path.join(data, "run")
    reading = []
    try:
        daemon.catlog("send", given=json.dumps(MOVIE))
        reading = [follow(options.driver, run), share(options.driver, run)]
        followed, shared = reading
        begun = time.monotonic()
        receipts = produce_under_kills(options.driver, daemon, run, options, random.Random(seed))
        seconds = time.monotonic() - begun
        head, lost = check_receipts(receipts, options.commands)
        check_log(daemon, options.commands)
        check_followed(followed, head)
        again = check_shared(shared, daemon, head)
        print(f"figures: {options.name}: {options.kills} kills under {options.commands} commands in {seconds:.1f} s, each change once "
              f"and in order in the log and at who follows; {again} came again to a member of a group; "
              f"{lost} of {options.commands // 7} unchanged ones were tooLate")
    finally:
        for each in reading:
            each.end()
        daemon.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--commands", type=int, default=5_000)
    parser.add_argument("--name", default="a client", help="for the figures")
    parser.add_argument("driver", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.driver:
        parser.error("name the driver")
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        try:
            try_it(options, folder)
        except Wrong as wrong:
            sys.exit(f"kills.py: {wrong}")


if __name__ == "__main__":
    main()
