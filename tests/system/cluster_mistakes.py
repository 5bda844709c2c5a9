#!/usr/bin/env python3
"""Mistakes that the recorder must find; usage: cluster_mistakes.py BUILD [--only MISTAKE]

  no_fsync                 etcd with --unsafe-no-fsync, and the power of all machines is cut
  receipt_before_engine    the engine is said to have a batch before it has it, and the leader is killed
  append_without_leader    a batch wants no leadership, and a leader is stopped for longer than its lease
  deaf_when_ready          a node says that it is ready, and is ended by the signal that tells it to

The second and third are made by catlogd-mistaken (tests/support/mistaken), never by the product. Each is a run that ends with what is
wrong; one that ends well fails this. Exit 77: what it needs is not there.
"""
import argparse
import json
import pathlib
import random
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import cluster_faults as faults  # noqa: E402
import cluster_recorder  # noqa: E402
import cluster_world  # noqa: E402
import machines  # noqa: E402, of ops

SEED, MEGABYTES = 1, 400
ATTEMPTS = 5  # to be asked before the other leader has written anything
MISTAKEN = "catlogd-mistaken"


class Run:
    """Three machines under a recorder, with a mistake or without one."""

    def __init__(self, programs, folder, world, **more):
        self.three = machines.Machines(programs, folder, world.places(folder), **more)
        self.recorder = cluster_recorder.Recorder(self.three, folder)
        self.trouble = faults.Trouble(self.three, world, self.recorder, random.Random(SEED))

    def make(self, mistake):
        for node in self.three.nodes.values():
            node.variables = {**node.variables, "CATLOG_MISTAKE": mistake}

    def __enter__(self):
        self.three.__enter__()
        return self

    def __exit__(self, *_):
        self.recorder.abandon()
        if self.trouble.supervisor.is_alive():
            self.trouble.supervisor.end()
        self.three.__exit__()

    def begin(self):
        self.three.start()
        self.trouble.leader()
        self.recorder.start()
        self.trouble.supervisor.start()
        self.trouble.comes_back()

    def check(self):
        self.trouble.comes_back()
        self.recorder.end()
        cluster_recorder.check(self.three, self.recorder)


def no_fsync(programs, folder, world):
    with Run(programs, folder, world, etcd_options=("--unsafe-no-fsync",)) as run:
        run.begin()
        # What there is until now, so that etcd finds its members; what comes is lost, and its receipts are there.
        for disk in world.disks.values():
            disk.sync()
        run.trouble.comes_back()
        faults.cut_power(run.trouble)
        run.check()


def receipt_before_engine(programs, folder, world):
    with Run(programs, folder, world, daemon=MISTAKEN) as run:
        run.make("receipt-before-engine")
        run.begin()
        faults.kill_leader(run.trouble)
        run.check()


def append_without_leader(programs, folder, world):
    with Run(programs, folder, world, daemon=MISTAKEN) as run:
        run.begin()
        run.recorder.end()
        # As it should be: who led is not listened to.
        ask_who_led(run)
        with run.trouble.supervisor.hands_off:
            run.make("append-without-leader")
            for node in run.three.nodes.values():
                node.end(signal.SIGKILL)
        for _ in range(ATTEMPTS):
            run.trouble.all_are_ready()
            ask_who_led(run)


def ask_who_led(run):
    """A leader is stopped until another leads, and asked for something then. Throws Lost when it wrote that."""
    leader = run.trouble.leader()
    node = run.three.nodes[leader]
    node.signal(signal.SIGSTOP)
    run.trouble.another_leads(leader)
    node.signal(signal.SIGCONT)
    line = json.dumps({"putGenre": {"tmdbId": 1_000_000, "name": f"Of {leader}"}}) + "\n"
    run.three.catlog("send", "-", "--endpoint", run.three.endpoint(leader), "--wait-s", "5", text=line)
    cluster_recorder.check_terms(run.three)


def deaf_when_ready(programs, folder, world):
    """One that is not ready may be ended by it."""
    for says in ("begun", "catlogd ready"):
        node = machines.Process(["/bin/sh", "-c", f"echo {says}; exec sleep {machines.PATIENCE_S}"], folder / "deaf.log")
        node.start()
        machines.until("it says so", lambda node=node, says=says: says in node.said_now())
        faults.tell_to_end(says, node)


# By name: what makes it, what it wants of the world, and the words one of which the run must end with.
MISTAKES = {
    # It may be etcd itself that finds its files broken, and does not come back: its last words name what it read.
    "no_fsync": (no_fsync, lambda world: world.has_power(),
                 ("the engine was set back", "acknowledged", "the root", "go.etcd.io/bbolt", "out of range", "crc mismatch")),
    "receipt_before_engine": (receipt_before_engine, lambda world: True, ("the engine was set back", "acknowledged", "the root")),
    "append_without_leader": (append_without_leader, lambda world: True, ("had begun",)),
    "deaf_when_ready": (deaf_when_ready, lambda world: True, ("catlogd ready ended with -15",)),
}


def is_found(name, programs):
    make, is_possible, words = MISTAKES[name]
    with tempfile.TemporaryDirectory(prefix="catlog-mistake-", ignore_cleanup_errors=True) as folder:
        world = cluster_world.World(programs, pathlib.Path(folder), MEGABYTES)
        try:
            if not is_possible(world):
                print(f"not tried: {name}, for there is no {', '.join(world.missing)}")
                return True
            make(programs, pathlib.Path(folder), world)
        except (RuntimeError, cluster_recorder.Lost) as found:
            print(f"{name}: found: {str(found)[-600:]}")
            return any(word in str(found) for word in words)
        finally:
            world.end()
    print(f"{name}: NOT FOUND")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    parser.add_argument("--only", choices=MISTAKES)
    arguments = parser.parse_args()
    machines.begin_test(arguments.build)
    cluster_world.enter()
    names = [arguments.only] if arguments.only else list(MISTAKES)
    return 0 if all([is_found(name, arguments.build) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
