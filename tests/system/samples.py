#!/usr/bin/env python3
"""Runs the producer and the subscriber of events/PROTOCOL.md against a daemon that is killed between and under them.

  samples.py PROTOCOL PROGRAMS DATA    the document, the folder of catlogd and catlog, an empty data directory
"""
import json
import pathlib
import re
import subprocess
import sys

import zmq

GENRES = 30  # a kill after each ten


class Daemon:
    def __init__(self, programs, data):
        self.process = subprocess.Popen([programs / "catlogd", "--data", data], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline() != "catlogd ready\n":
            raise SystemExit("catlogd did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()


def samples(protocol):
    found = re.findall(r"^```python\n(.*?)^```$", protocol.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if len(found) != 2:
        raise SystemExit(f"expected a producer and a subscriber in {protocol}, found {len(found)} programs")
    return found


def request_that_nobody_answers(data, subscriber):
    """Plays a daemon that ends over the subscriber's request."""
    (data / "run").mkdir(exist_ok=True)
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind(f"ipc://{data}/run/replay.ipc")
    begun = subprocess.Popen([sys.executable, "-c", subscriber, data], stdout=subprocess.PIPE, text=True)
    if not router.poll(60_000):
        begun.kill()
        raise SystemExit("the subscriber asks for nothing")
    router.recv_multipart()
    router.close()
    context.term()
    return begun


def follow(programs, data, producer, subscriber):
    begun = request_that_nobody_answers(data, subscriber)
    daemon = None
    try:
        daemon = Daemon(programs, data)
        receipt = subprocess.run([sys.executable, "-c", producer, data], capture_output=True, text=True, check=True).stdout
        if "'accepted'" not in receipt:
            raise SystemExit(f"the producer's receipt is {receipt}")
        for number in range(1, GENRES):
            command = json.dumps({"putGenre": {"tmdbId": 100 + number, "name": f"genre {number}"}})
            subprocess.run([programs / "catlog", "--data", data, "send", "-"], input=command, text=True, check=True,
                           stdout=subprocess.DEVNULL)
            if number % 10 == 0:
                daemon.kill()
                daemon = Daemon(programs, data)
        for position in range(1, GENRES + 1):
            line = begun.stdout.readline()
            if not line.startswith(f"{position} json/genres/"):
                raise SystemExit(f"expected position {position}, the subscriber wrote {line!r}")
    finally:
        begun.kill()
        if daemon:
            daemon.kill()


if __name__ == "__main__":
    protocol, programs, data = (pathlib.Path(argument) for argument in sys.argv[1:])
    follow(programs, data, *samples(protocol))
