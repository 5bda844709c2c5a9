#!/usr/bin/env python3
"""Three machines under faults while commands are sent; usage: cluster.py BUILD [--faults N | --minutes N] [--seed N] [--only FAULT]

A recorder writes each command down before it is sent and each receipt when it comes. At the end every accepted receipt's
events stand at their positions in all three logs, roots and read models' digests are equal, no term wrote anything after a
later one had begun, and each id sent again gives the same receipt. Without a number one of each fault that is quick.
Exit 77: what it needs is not there.
"""
import argparse
import collections
import contextlib
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import cluster_faults as faults  # noqa: E402
import cluster_recorder  # noqa: E402
import cluster_world  # noqa: E402
import machines  # noqa: E402, of ops

MEGABYTES_SHORT, MEGABYTES_LONG = 400, 4000
KEPT_BYTES_LONG = 64 << 20
# One of each; what only costs another lease's time is left to the long form.
SHORT = [faults.stop_leader, faults.kill_etcd, faults.cut_leader, faults.cut_leader_one_way, faults.fill_disk, faults.move_clock,
         faults.cut_power, faults.upgrade, faults.kill_leader]


def faults_to_come(arguments, possible, chance):
    if arguments.minutes:
        ends = time.monotonic() + 60 * arguments.minutes
        while time.monotonic() < ends:
            yield chance.choice(possible)
    elif arguments.faults or arguments.only:
        for _ in range(arguments.faults or 1):
            yield chance.choice(possible)
    else:
        yield from (fault for fault in SHORT if fault in possible)


def live(arguments, folder, world, possible):
    """Goes through the faults; a line with what was held."""
    chance = random.Random(arguments.seed)
    is_long = bool(arguments.minutes or (arguments.faults or 0) > len(SHORT))
    reserve = faults.RESERVE_BYTES if possible == faults.WITH_RESERVES else 0
    options = ("--min-free-bytes", reserve, *(("--cluster-kept-bytes", KEPT_BYTES_LONG) if is_long else ()))
    with machines.Machines(arguments.build, folder, world.places(folder), node_options=options) as three:
        three.start()
        recorder = cluster_recorder.Recorder(three, folder)
        trouble = faults.Trouble(three, world, recorder, chance)
        trouble.leader()
        recorder.start()
        trouble.supervisor.start()
        seen, begun = collections.Counter(), time.monotonic()
        try:
            trouble.comes_back()
            for fault in faults_to_come(arguments, possible, chance):
                print(f"  {time.monotonic() - begun:.0f} s: {fault.__name__}", flush=True)
                fault(trouble)
                trouble.comes_back()
                cluster_recorder.check_terms(three)
                seen[fault.__name__] += 1
            recorder.end()
            held = cluster_recorder.check(three, recorder)
        except Exception:
            for name, node in three.nodes.items():
                print(f"-- {name}\n{node.said()[-3000:]}")
            raise
        finally:
            recorder.abandon()
            trouble.supervisor.end()
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(seen.items()))
    return f"{sum(seen.values())} faults ({kinds}): {held}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    parser.add_argument("--faults", type=int, metavar="N")
    parser.add_argument("--minutes", type=float, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--only", metavar="FAULT")
    arguments = parser.parse_args()
    machines.begin_test(arguments.build)
    cluster_world.enter()
    is_long = arguments.minutes or (arguments.faults or 0) > len(SHORT)
    with contextlib.ExitStack() as at_end:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="catlog-cluster-"))
        at_end.callback(shutil.rmtree, folder, ignore_errors=True)
        world = cluster_world.World(arguments.build, folder, MEGABYTES_LONG if is_long else MEGABYTES_SHORT)
        if world.missing:
            print(f"NOT TRIED, for they cannot be had here: {', '.join(world.missing)}")
        possible = faults.possible(world, arguments.only)
        try:
            if not possible:
                print(f"NOT TRIED: there is no {arguments.only}, or what it needs cannot be had here")
                return 77
            print(f"figures: three machines, seed {arguments.seed}, {live(arguments, folder, world, possible)}")
        except Exception:
            if is_long:  # who lost something after an hour wants to see all that there is
                at_end.pop_all()
                print(f"logs, commands, receipts and disks are kept in {folder}")
            raise
        finally:
            world.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
