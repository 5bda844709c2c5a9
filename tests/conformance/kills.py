#!/usr/bin/env python3
"""Kills a real catlogd under a client that sends and one that follows: nothing may be lost, doubled or out of order.

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

PATIENCE_MS, ASK_AGAIN_MS, WINDOW = 60_000, 10_000, 256
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


class Followed(threading.Thread):
    """The positions that a following client hands over."""

    def __init__(self, driver, run):
        super().__init__(daemon=True)
        self.process = subprocess.Popen([*driver, "follow", f"ipc://{run}/changes.ipc", f"ipc://{run}/replay.ipc",
                                         str(PATIENCE_MS), str(ASK_AGAIN_MS), "1", "-", "-"], stdout=subprocess.PIPE, text=True)
        self.positions = []
        self.start()

    def run(self):
        for line in self.process.stdout:
            self.positions.append(int(line.split()[0]))


def produce_under_kills(driver, daemon, run, options, chance):
    """The receipts, in the order in which the client handed them over."""
    process = subprocess.Popen([*driver, "produce", f"ipc://{run}/commands.ipc", str(WINDOW), str(PATIENCE_MS), str(ASK_AGAIN_MS)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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


def check_followed(followed, head):
    until = time.monotonic() + 60
    while len(followed.positions) < head and followed.process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    require(followed.positions == list(range(1, head + 1)), f"of {head} events it handed over {len(followed.positions)}, or not in order")


def try_it(options, folder):
    seed = int(os.environ.get("CATLOG_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {seed}", file=sys.stderr)
    data = os.path.join(folder, "data")
    daemon = Daemon(options.programs, data)
    followed = None
    try:
        daemon.catlog("send", given=json.dumps(MOVIE))
        followed = Followed(options.driver, os.path.join(data, "run"))
        begun = time.monotonic()
        receipts = produce_under_kills(options.driver, daemon, os.path.join(data, "run"), options, random.Random(seed))
        seconds = time.monotonic() - begun
        head, lost = check_receipts(receipts, options.commands)
        check_log(daemon, options.commands)
        check_followed(followed, head)
        print(f"figures: {options.name}: {options.kills} kills under {options.commands} commands in {seconds:.1f} s, each change once "
              f"and in order in the log and at who follows; {lost} of {options.commands // 7} unchanged ones were tooLate")
    finally:
        if followed:
            followed.process.kill()
            followed.process.wait()
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
