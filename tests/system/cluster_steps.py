#!/usr/bin/env python3
"""Three machines, of which one is killed, or stopped, at each step that has a name; usage: cluster_steps.py BUILD [--all | --only POINT]

The points are those of tests/support/mistaken/kill_points.h: the first of three processes that comes there is killed by itself; at
those of a leader it is stopped, too, for longer than its lease. After each all that the recorder knows must hold. Without --all
only where a batch, a lead or a key may be lost on the way. Exit 77: what it needs is not there.
"""
import argparse
import json
import pathlib
import random
import re
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import cluster_faults as faults  # noqa: E402
import cluster_recorder  # noqa: E402
import machines  # noqa: E402, of ops

SEED = 1
MISTAKEN = "catlogd-mistaken"
KEPT_BYTES = 1 << 20  # in etcd, the least that there may be: so that it is trimmed
POINTS = re.findall(r"^//   ([a-z-]+) {2}", (pathlib.Path(__file__).resolve().parents[1] / "support/mistaken/kill_points.h").read_text(
    encoding="utf-8"), re.MULTILINE)

STOPPED = ["decided", "in-engine", "acknowledged", "committing", "committed", "elected", "trimming"]  # where a leader finds that it is none any more
ALL = [(point, how) for point in POINTS for how in (("kill", "stop") if point in STOPPED else ("kill",))]
FEW = [("decided", "kill"), ("in-engine", "kill"), ("acknowledged", "kill"), ("committing", "kill"), ("committing", "stop"),
       ("committed", "kill"), ("caught-up", "kill"), ("elected", "kill"), ("key-given", "kill")]


class NoWorld:
    """Of these faults none wants a network, a disk or a clock of its own."""
    networks, disks, clocks = None, {}, {}


class Steps:
    def __init__(self, three, folder):
        self.three, self.folder, self.rounds, self.users = three, folder, 0, 0
        self.point_file = folder / "kill-at"
        for node in three.nodes.values():
            node.variables = {**node.variables, "CATLOG_KILL_AT": str(self.point_file)}

    def come_to(self, point, how):
        """One process is killed or stopped there while commands come; then all runs again, and all that was acknowledged is there."""
        recorder = cluster_recorder.Recorder(self.three, self.folder)
        recorder.rounds = self.rounds  # other commands than before
        trouble = faults.Trouble(self.three, NoWorld, recorder, random.Random(SEED))
        starts = {name: node.running for name, node in self.three.nodes.items()}
        recorder.start()
        trouble.supervisor.start()
        try:
            trouble.comes_back()
            self.point_file.write_text(f"{point} {how}\n", encoding="ascii")
            self.lead_to(point, trouble)
            trouble.until(f"one comes to '{point}'", lambda: not self.point_file.exists())
            if how == "kill":
                trouble.until("it is killed", lambda: any(node.running is not starts[name] for name, node in self.three.nodes.items()))
            else:
                trouble.beyond_a_lease()
                for node in self.three.nodes.values():
                    node.signal(signal.SIGCONT)
            trouble.comes_back()
            recorder.end()
            held = cluster_recorder.check(self.three, recorder)
        finally:
            recorder.abandon()
            trouble.supervisor.end()
            self.rounds = recorder.rounds
        print(f"  {point}, {how}: {held}", flush=True)

    def lead_to(self, point, trouble):
        """What comes by itself while commands are sent needs nothing."""
        if point in ("electing", "elected"):
            self.three.nodes[trouble.leader()].end(signal.SIGKILL)
        if point == "resigning":
            self.three.nodes[trouble.leader()].signal(signal.SIGTERM)
        if point.startswith("key-"):
            self.seal_for_another(trouble)

    def seal_for_another(self, trouble):
        """A user whose token is sealed: of that user there is no key yet."""
        self.users += 1
        name = f"user-{self.users}"
        commands = [{"registerUser": {"username": name, "passwordHash": "$2b$10$" + "a" * 53}},
                    {"linkTrakt": {"user": {"username": name}, "username": name, "accessToken": "secret", "refreshToken": "secret",
                                   "expiresAt": "2030-01-01T00:00:00Z"}}]
        for number, command in enumerate(commands):
            line = json.dumps({"id": f"0196b2e0-8c00-7000-8000-{self.users:06d}{number:06d}", **command}) + "\n"

            def is_accepted(line=line):
                said = self.three.catlog("send", "-", "--endpoint", self.three.endpoints(), "--wait-s", "20", text=line).stdout
                return '"accepted"' in said
            trouble.until(f"it is accepted: {line}", is_accepted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="each point")
    which.add_argument("--only", choices=POINTS)
    arguments = parser.parse_args()
    machines.begin_test(arguments.build)
    steps_to_come_to = [step for step in ALL if arguments.all or step[0] == arguments.only or (not arguments.only and step in FEW)]
    with tempfile.TemporaryDirectory(prefix="catlog-steps-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        with machines.Machines(arguments.build, folder, daemon=MISTAKEN,
                               node_options=("--min-free-bytes", "0", "--cluster-kept-bytes", KEPT_BYTES)) as three:
            steps = Steps(three, folder)
            three.start()
            try:
                for point, how in steps_to_come_to:
                    steps.come_to(point, how)
            except Exception:
                for name, node in three.nodes.items():
                    print(f"-- {name}\n{node.said()[-3000:]}")
                raise
    print(f"figures: three machines, one killed or stopped {len(steps_to_come_to)} times at a step, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
