#!/usr/bin/env python3
"""A crowd that comes and goes at a real catlogd that is killed each half minute: nothing that was acknowledged may be lost, doubled to
a cursor or out of order, and the daemon's memory stays as it is.

  crowd.py PROGRAMS [--seconds N] [--kill-every N] [--pace N]     the folder of catlogd, catlog and conformance-driver

32 producers, a movie each, send so many commands a second each (10); 16 subscribers follow with cursors of their own; 4 groups have
two members each. All of them end, or are killed, after some seconds, and others go on for them; the first of each are of other
languages. Prints the seed and what came of it; exit 1 with a sentence otherwise.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

from all import drivers, python_with_zmq
from kills import ASK_AGAIN_MS, PACK, PATIENCE_MS, WINDOW, Daemon
from player import Wrong, command_id, require

PRODUCERS, SUBSCRIBERS, MEMBERS = 32, 16, 2
GROUPS = {"everything": [], "movies": ["movies/"], "some": [f"movies/{movie}/" for movie in range(1, 9)], "others": ["movies/2", "movies/3"]}
LIFE_S = (2.0, 15.0)
LONG_ENOUGH_S = 300.0  # what a killed member held goes to others after half a minute, one by one
# Of the greatest of its lives in the second half against the first: what a larger log may cost, and what malloc rounds.
MEMORY_GROWTH, MEMORY_SLACK_MIB = 1.25, 8.0


def movie(number):
    return {"id": command_id((number << 40) | (1 << 39)),
            "putMovie": {"tmdbId": number, "title": f"M{number}", "overview": "", "releaseDate": "", "poster": "", "backdrop": ""}}


class Role:
    """One place in the crowd, which one process after the other takes until the end; each is ended well or killed by chance."""

    def __init__(self, driver, run, seed):
        self.driver, self.run, self.chance = [str(word) for word in driver], run, random.Random(seed)
        self.lives = self.killed = 0

    def live(self, is_over):
        while not is_over.is_set():
            self.lives += 1
            self.one_life(is_over, self.chance.uniform(*LIFE_S), self.chance.random() < 0.5)

    def process(self, *arguments, **more):
        return subprocess.Popen([*self.driver, *arguments], stdout=subprocess.PIPE, text=True, **more)

    def kill(self, process):
        self.killed += 1
        process.kill()


class Reading(threading.Thread):
    """Takes each whole line of a process."""

    def __init__(self, process, take):
        super().__init__(daemon=True)
        self._process, self._take = process, take
        self.start()

    def run(self):
        for line in self._process.stdout:
            if line.endswith("\n"):
                self._take(line)


class Producing(Role):
    def __init__(self, driver, run, seed, number, pace):
        super().__init__(driver, run, seed)
        self.number, self.pace = number, pace
        self.sent = 0
        self.acknowledged = []

    def one_life(self, is_over, seconds, ends_well):
        process = self.process("produce", f"ipc://{self.run}/commands.ipc", str(WINDOW), str(PATIENCE_MS), str(ASK_AGAIN_MS),
                               str(PACK), stdin=subprocess.PIPE)
        reading = Reading(process, self.take)
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until and not is_over.is_set():
                self.sent += 1
                process.stdin.write(json.dumps({"id": command_id((self.number << 40) | self.sent), "rateMovie": {
                    "movie": {"tmdbId": self.number}, "popularity": self.sent, "rating": 5}}) + "\n")
                process.stdin.flush()
                is_over.wait(self.chance.uniform(0, 2 / self.pace))
            if ends_well or is_over.is_set():
                process.stdin.close()
            else:
                self.kill(process)
        except OSError:
            pass  # its exit code tells
        ended = process.wait()
        reading.join()
        require(ended in (0, -9), f"producer {self.number} ended with {ended}")

    def take(self, line):
        receipt = json.loads(line)
        number = int(receipt["id"].replace("-", ""), 16) & 0x7F_FFFF_FFFF
        require("accepted" in receipt, f"producer {self.number}: {receipt}")
        require(not self.acknowledged or number > self.acknowledged[-1], f"producer {self.number}: {number} is acknowledged too late")
        self.acknowledged.append(number)


class Following(Role):
    def __init__(self, driver, run, seed, log_id):
        super().__init__(driver, run, seed)
        self.log_id = log_id
        self.positions, self.last_command = [], "-"

    def one_life(self, is_over, seconds, ends_well):
        from_ = len(self.positions) + 1
        process = self.process("follow", f"ipc://{self.run}/changes.ipc", f"ipc://{self.run}/replay.ipc", str(PATIENCE_MS),
                               str(ASK_AGAIN_MS), str(from_), self.log_id, self.last_command)
        reading = Reading(process, self.take)
        is_over.wait(seconds)
        require(process.poll() is None, f"a subscriber ended with {process.poll()}")
        self.kill(process)
        process.wait()
        reading.join()

    def take(self, line):
        position, _, command = line.split()
        require(int(position) == len(self.positions) + 1, f"a subscriber got {position} behind {len(self.positions)}")
        self.positions.append(int(position))
        self.last_command = command


class Sharing(Role):
    def __init__(self, driver, run, seed, group, handed_out):
        super().__init__(driver, run, seed)
        self.group, self.handed_out = group, handed_out
        self.is_calm = False  # nobody goes any more but at the end

    def one_life(self, is_over, seconds, ends_well):
        count = str(self.chance.randrange(50, 2_000)) if ends_well else "0"
        process = self.process("share", f"ipc://{self.run}/groups.ipc", str(PATIENCE_MS), str(ASK_AGAIN_MS), self.group,
                               f"m:{self.chance.getrandbits(64):x}", count, "-", *GROUPS[self.group])
        reading = Reading(process, self.take)
        until = time.monotonic() + seconds
        while process.poll() is None and (time.monotonic() < until or self.is_calm) and not is_over.is_set():
            is_over.wait(0.2)
        if process.poll() is None:
            self.kill(process)
        require(process.wait() in (0, -9), f"a member of {self.group} ended with {process.returncode}")
        reading.join()

    def take(self, line):
        position, stream, attempt = line.split()
        self.handed_out.append((int(position), stream, int(attempt)))


def memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Crowd:
    def __init__(self, options, daemon, run, seed):
        self._options, self._daemon = options, daemon
        chance = random.Random(seed)
        kinds = list(drivers(options.programs, python_with_zmq()).values())
        log_id = json.loads(daemon.catlog("status", "--json"))["logId"]
        kind = lambda number: kinds[number] if number < len(kinds) else kinds[0]
        draw = lambda: chance.getrandbits(32)
        self.producers = [Producing(kind(at), run, draw(), at + 1, options.pace) for at in range(PRODUCERS)]
        self.subscribers = [Following(kind(at), run, draw(), log_id) for at in range(SUBSCRIBERS)]
        self.handed_out = {group: [] for group in GROUPS}
        self.members = [Sharing(kinds[(at + which) % len(kinds)], run, draw(), group, self.handed_out[group])
                        for at, group in enumerate(GROUPS) for which in range(MEMBERS)]
        self.memory = []

    def live(self):
        """Producers end first; who reads goes on until all was read."""
        is_over, is_read = threading.Event(), threading.Event()
        roles = [(role, is_over) for role in self.producers] + [(role, is_read) for role in self.subscribers + self.members]
        with concurrent.futures.ThreadPoolExecutor(len(roles)) as pool:
            living = [pool.submit(role.live, over) for role, over in roles]
            try:
                self._kill_until(time.monotonic() + self._options.seconds, living)
                is_over.set()
                for each in living[:PRODUCERS]:
                    each.result()
                self._wait_for_readers(living)
            finally:
                is_over.set()
                is_read.set()
            for each in living:
                each.result()

    def _kill_until(self, end, living):
        while time.monotonic() < end:
            until = min(time.monotonic() + self._options.kill_every, end)
            while time.monotonic() < until:
                time.sleep(0.2)
                for each in living:
                    if each.done():
                        each.result()
            self.memory.append(memory_mib(self._daemon.pid))
            self._daemon.kill()
            self._daemon.start()

    def _wait_for_readers(self, living):
        for member in self.members:
            member.is_calm = True
        head = self.head()
        until = time.monotonic() + LONG_ENOUGH_S
        while time.monotonic() < until:
            for each in living:
                if each.done():
                    each.result()
            if all(len(each.positions) >= head for each in self.subscribers) and set(self.cursors().values()) == {head}:
                return
            time.sleep(0.5)
        raise Wrong(f"of {head} events subscribers have {[len(each.positions) for each in self.subscribers]}, groups {self.cursors()}")

    def head(self):
        return int(json.loads(self._daemon.catlog("status", "--json"))["head"])

    def cursors(self):
        return {group["name"]: int(group["cursor"]) for group in json.loads(self._daemon.catlog("status", "--json"))["groups"]}

    def check(self):
        self._check_log()
        self._check_groups()
        half = len(self.memory) // 2
        if half > 0:
            before, after = max(self.memory[:half]), max(self.memory[half:])
            require(after <= MEMORY_GROWTH * before + MEMORY_SLACK_MIB, f"the daemon's own memory grew from {before:.0f} to {after:.0f} MiB")

    def _check_log(self):
        rated = {}
        for line in self._daemon.catlog("log", "--type", "movieRated").splitlines():
            record = json.loads(line)
            rated.setdefault(int(record["streamId"]), []).append(int(record["event"]["movieRated"]["popularity"]))
        for producer in self.producers:
            found = rated.get(producer.number, [])
            require(found == sorted(set(found)), f"what producer {producer.number} sent is doubled or out of order")
            lost = set(producer.acknowledged) - set(found)
            require(not lost, f"acknowledged to producer {producer.number} and lost: {sorted(lost)[:5]}")
            require(not found or found[-1] <= producer.sent, "what nobody sent is there")
        require(self._daemon.catlog("verify") == "ok\n", "catlog verify is not content")
        rows = self._daemon.catlog("sql", "--format", "jsonl", "SELECT id, CAST(popularity AS INTEGER) AS last FROM movies ORDER BY id").splitlines()
        for row in map(json.loads, rows):
            require(rated.get(int(row["id"]), [0])[-1] == int(row["last"] or 0), f"the read model has {row}, and the log {rated.get(int(row['id']))[-1]}")

    def _check_groups(self):
        streams = {int(json.loads(line)["position"]): f"movies/{json.loads(line)['streamId']}/"
                   for line in self._daemon.catlog("log").splitlines()}
        for group, topics in GROUPS.items():
            handed_out = self.handed_out[group]
            due = {position for position, stream in streams.items() if not topics or any(stream.startswith(each) for each in topics)}
            require({position for position, _, _ in handed_out} == due, f"group {group} was not handed out each of its events")
            require(len({(position, attempt) for position, _, attempt in handed_out}) == len(handed_out),
                    f"group {group} was handed out an event twice for the same time")
            require(all(streams[position] == stream for position, stream, _ in handed_out), f"group {group}: another stream than the log's")


def try_it(options, folder):
    seed = int(os.environ.get("CATLOG_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {seed}", file=sys.stderr)
    data = os.path.join(folder, "data")
    daemon = Daemon(options.programs, data)
    try:
        daemon.catlog("send", given="\n".join(json.dumps(movie(number)) for number in range(1, PRODUCERS + 1)))
        crowd = Crowd(options, daemon, os.path.join(data, "run"), seed)
        crowd.live()
        crowd.check()
        again = sum(attempt > 1 for each in crowd.handed_out.values() for _, _, attempt in each)
        roles = crowd.producers + crowd.subscribers + crowd.members
        print(f"figures: crowd: {PRODUCERS} producers, {SUBSCRIBERS} subscribers and {len(GROUPS)} groups of {MEMBERS} for "
              f"{options.seconds} s under {len(crowd.memory)} kills: {sum(len(each.acknowledged) for each in crowd.producers)} commands "
              f"acknowledged, {crowd.head()} events, each once and in order to each cursor; {sum(role.lives for role in roles)} processes, "
              f"{sum(role.killed for role in roles)} of them killed; {again} events came again to groups; own memory of the daemon "
              f"{min(crowd.memory):.0f} to {max(crowd.memory):.0f} MiB")
    finally:
        daemon.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--kill-every", type=float, default=30.0)
    parser.add_argument("--pace", type=float, default=10.0, help="commands a second of each producer")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crowd-") as folder:
        try:
            try_it(options, folder)
        except Wrong as wrong:
            sys.exit(f"crowd.py: {wrong}")


if __name__ == "__main__":
    main()
