#!/usr/bin/env python3
"""Measures three machines, each figure beside plain etcd, or the single machine, of the same run; `ops/bench --only cluster`.

  cluster.py BUILD [--runs N] [--quick] [--events N]

All is on this machine, on loopback and one disk: six processes share its cores. --quick shows that it works, and measures nothing.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import zmq

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import machines  # noqa: E402, of ops

BATCH = 512  # commands that are drained together
COMMAND_BYTES = 200  # of an event in the log, and its share of a batch
WINDOW = 4 * BATCH
TURNS = 4
PACED_A_SECOND = 20_000
POSITION_AT = 16  # in a change's header: behind the frame's length and the root's pointer
KEPT_BYTES = 4 << 30
QUOTA = ("--quota-backend-bytes", str(8 << 30))


def commands(first, count):
    return "".join(json.dumps({"id": str(uuid.uuid4()), "putGenre": {"tmdbId": number, "name": f"Genre {number}"}}) + "\n"
                   for number in range(first, first + count))


def of_all(three):
    return [*three.etcds.values(), *three.nodes.values()]


def of_one_machine(three, name):
    return [three.etcds[name], three.nodes[name]]


def processor_us(processes):
    """What they have used so far."""
    ticks = 0
    for process in processes:
        stat = pathlib.Path(f"/proc/{process.running.pid}/stat").read_text(encoding="ascii", errors="replace")
        ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:13]))
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


class Figures:
    """Values of several runs, and the table of their medians."""

    def __init__(self):
        self.rows = {}

    def add(self, name, value, raw=None, ratio=None, floor="", limit=""):
        row = self.rows.setdefault(name, {"values": [], "raws": [], "ratios": [], "floor": floor, "limit": limit})
        row["values"].append(value)
        if raw:
            row["raws"].append(raw)
            row["ratios"].append(ratio if ratio else value / raw)

    def text(self):
        yield "| figure | median | min | max | raw limit | ratio | floor | the raw limit is |"
        yield "|---|---:|---:|---:|---:|---:|---|---|"
        for name, row in self.rows.items():
            values, raws, ratios = row["values"], row["raws"], row["ratios"]
            raw = f"{statistics.median(raws):,.1f} | {statistics.median(ratios):.2f}" if raws else " | "
            yield (f"| {name} | {statistics.median(values):,.1f} | {min(values):,.1f} | {max(values):,.1f} | {raw} | {row['floor']} "
                   f"| {row['limit']} |")


class Bench:
    """One run."""

    def __init__(self, build, folder, figures, quick, events):
        self.build, self.folder, self.figures, self.next = build, folder, figures, 1
        self.receipts, self.many = (200, 5_000) if quick else (2_000, 100_000)
        self.paced_s, self.events = (2, 20_000) if quick else (10, events)

    def rate(self, endpoint, window, count, *a_second):
        self.next += count
        return self.ask("conformance-driver", "rate", endpoint, window, *a_second, text=commands(self.next - count, count))

    def plain(self, three, count, size):
        return self.ask("bench-etcd", three.places[machines.NAMES[0]].client(), count, size)

    def ask(self, program, *arguments, text=""):
        done = subprocess.run([str(self.build / program), *map(str, arguments)], input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr}")
        return float(done.stdout)

    def is_projected(self, data):
        done = subprocess.run([str(self.build / "catlog"), "status", "--json", "--data", str(data)], capture_output=True, text=True, check=False)
        status = json.loads(done.stdout)
        return status["projectedPosition"] == status["head"]

    def run(self):
        single = machines.Process([self.build / "catlogd", "--data", self.folder / "single"], self.folder / "single.log")
        single.start()
        machines.until("catlogd is ready", lambda: "catlogd ready" in single.said_now())
        begun = processor_us([single])
        alone = self.rate(f"ipc://{self.folder}/single/run/commands.ipc", WINDOW, self.many)
        machines.until("its read model has all", lambda: self.is_projected(self.folder / "single"))
        alone_us = (processor_us([single]) - begun) / self.many
        single.end(signal.SIGTERM)
        with machines.Machines(self.build, self.folder, etcd_options=QUOTA,
                               node_options=("--cluster-kept-bytes", KEPT_BYTES)) as three:
            three.start()
            leader = three.endpoint(machines.until("one leads", three.leader))
            self.one_client(three, leader)
            self.many_clients(three, leader, alone, alone_us)
            self.alone_with_etcd(three, leader, alone)
            self.followers_lag(three, leader)
            self.fail_over(three)
            self.catch_up(three)

    def one_client(self, three, leader):
        """In turns, for what else the machine does is not the same all the time."""
        count, raws, rates, spent = self.receipts // TURNS, [], [], [0, 0]
        for _ in range(TURNS):
            at = [processor_us(of_all(three))]
            raws.append(self.plain(three, count, COMMAND_BYTES))
            at.append(processor_us(of_all(three)))
            rates.append(self.rate(leader, 1, count))
            at.append(processor_us(of_all(three)))
            spent = [sum_ + after - before for sum_, before, after in zip(spent, at, at[1:])]
        self.figures.add("three machines, 1 client: receipts/s", statistics.harmonic_mean(rates), statistics.harmonic_mean(raws),
                         floor="ratio 0.8", limit="etcd, a transaction of the same bytes")
        self.figures.add("three machines, 1 client: processor time of all, us a command", spent[1] / count / TURNS,
                         spent[0] / count / TURNS, limit="of etcd, for the same")

    def many_clients(self, three, leader, alone, alone_us):
        leading = next(name for name in machines.NAMES if three.endpoint(name) == leader)
        following = next(name for name in machines.NAMES if name != leading)
        batches = max(10, self.many // BATCH)
        begun = processor_us(of_all(three))
        engine = self.plain(three, batches, BATCH * COMMAND_BYTES) * BATCH
        between = [processor_us(processes) for processes in (of_all(three), *(of_one_machine(three, name) for name in (leading, following)))]
        rate = self.rate(leader, WINDOW, self.many)
        three.until_equal()
        for name in machines.NAMES:
            machines.until("its read model has all", lambda data=three.data(name): self.is_projected(data))
        spent = [(processor_us(processes) - before) / self.many for processes, before in
                 zip((of_all(three), *(of_one_machine(three, name) for name in (leading, following))), between)]
        figure = "three machines, batches of 512: "
        self.figures.add(figure + "processor time of all, us a command", spent[0], (between[0] - begun) / (batches * BATCH),
                         limit="of etcd, for the same")
        self.figures.add(figure + "processor time of the leader's machine, us a command", spent[1], alone_us, limit="of the single machine, for the same")
        self.figures.add(figure + "processor time of a follower's machine, us a command", spent[2], alone_us, limit="of the single machine, for the same")
        self.figures.add(figure + "commands/s", rate, alone, limit="the single machine, same load",
                         floor="ratio 0.6 of this or the next, whichever is less")
        self.figures.add(figure + "commands/s beside the engine", rate, engine, limit="etcd, transactions of 512 times the bytes")

    def alone_with_etcd(self, three, leader, alone):
        """The same two without what the followers' catlogd do meanwhile, which three machines would do beside the leader."""
        with self.followers_stand(three, leader):
            raw = self.plain(three, self.receipts // TURNS, COMMAND_BYTES)
            self.figures.add("three machines, followers' catlogd stopped, 1 client: receipts/s", self.rate(leader, 1, self.receipts // TURNS), raw,
                             limit="etcd, a transaction of the same bytes")
            self.figures.add("three machines, followers' catlogd stopped, batches of 512: commands/s", self.rate(leader, WINDOW, self.many), alone,
                             limit="the single machine, same load")
        three.until_equal()
        for name in machines.NAMES:
            machines.until("its read model has all", lambda data=three.data(name): self.is_projected(data))

    @contextlib.contextmanager
    def followers_stand(self, three, leader):
        followers = [three.nodes[name] for name in machines.NAMES if three.endpoint(name) != leader]
        for each in followers:
            each.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for each in followers:
                each.signal(signal.SIGCONT)

    def followers_lag(self, three, leader):
        """How long after the leader a follower publishes a change, at a steady rate; and the leader behind a command, one at a time."""
        follower = next(name for name in machines.NAMES if three.endpoint(name) != leader)
        at = [{}, {}]
        over = threading.Event()

        def listen(data, seen):
            socket = zmq.Context.instance().socket(zmq.SUB)
            socket.rcvhwm = 0
            socket.connect(f"ipc://{data}/run/changes.ipc")
            socket.subscribe(b"capnp/")
            while not over.is_set():
                if socket.poll(100):
                    seen[struct.unpack_from("<Q", socket.recv_multipart()[1], POSITION_AT)[0]] = time.monotonic()
            socket.close(0)
        leading = next(name for name in machines.NAMES if three.endpoint(name) == leader)
        listeners = [threading.Thread(target=listen, args=(three.data(name), seen)) for name, seen in zip((leading, follower), at)]
        for each in listeners:
            each.start()
        rate = self.rate(leader, WINDOW, int(self.paced_s * PACED_A_SECOND), PACED_A_SECOND)
        three.until_equal()
        time.sleep(1)
        behind = sorted(self.changes_behind_commands(leader, at[0]))
        over.set()
        for each in listeners:
            each.join()
        lags = sorted(max(0.0, at[1][position] - moment) * 1e3 for position, moment in at[0].items() if position in at[1])
        self.figures.add("three machines, 1 client: change at the leader behind its command p50, ms", behind[len(behind) // 2])
        # Until the last receipt, which comes a moment behind the last command.
        self.figures.add("three machines, paced: commands/s", rate, floor=f"0.99 of {PACED_A_SECOND:,}")
        if lags:
            self.figures.add("three machines, paced: a follower's lag p50, ms", lags[len(lags) // 2], floor="<= 50")
            self.figures.add("three machines, paced: a follower's lag p99, ms", lags[len(lags) * 99 // 100])

    def changes_behind_commands(self, leader, seen):
        """Of commands, each sent when the one before has its receipt: until its change is at the leader, in ms. `seen`: when each position's came."""
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.connect(leader)
        sent = {}
        for _ in range(self.receipts // TURNS):
            begun = time.monotonic()
            socket.send_multipart([b"1", b"j", commands(self.next, 1).encode()])
            self.next += 1
            if not socket.poll(machines.PATIENCE_S * 1000):
                raise RuntimeError("no receipt")
            sent[int(json.loads(socket.recv_multipart()[2])["accepted"]["lastPosition"])] = begun
        socket.close(0)
        machines.until("the changes come", lambda: all(position in seen for position in sent))
        return [(seen[position] - begun) * 1e3 for position, begun in sent.items()]

    def fail_over(self, three):
        """From kill -9 of the leader to the next receipt of a client that goes on sending."""
        leader = machines.until("one leads", three.leader)
        with subprocess.Popen([str(self.build / "conformance-driver"), "produce", three.endpoints(), "1", "60000", "60000", "1"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
            def send():
                sender.stdin.write(commands(self.next, 1))
                sender.stdin.flush()
                self.next += 1

            def one():
                send()
                sender.stdout.readline()  # of the one before: this one waits until that has it
            send()
            for _ in range(20):
                one()
            three.nodes[leader].end(signal.SIGKILL)
            killed = time.monotonic()
            one()  # it may have been answered before
            one()
            self.figures.add(f"three machines: fail-over with a lease of {machines.LEASE_S} s, s", time.monotonic() - killed, floor="<= 5")
            sender.stdin.close()
            sender.wait()
        three.begin(leader)

    def catch_up(self, three):
        """A node that has nothing, beside the restore of a backup of the same log."""
        leader = machines.until("one leads", three.leader)
        missing = self.events - three.status(leader)["head"]
        if missing > 0:
            self.rate(three.endpoint(leader), WINDOW, missing)
        name = next(each for each in machines.NAMES if each != leader)
        three.until_equal()
        three.nodes[name].end(signal.SIGTERM)
        shutil.rmtree(three.data(name))
        three.make_empty(name)
        head = three.status(leader)["head"]
        begun = time.monotonic()
        three.nodes[name].start()
        machines.until("the new node has the log", lambda: three.status(name).get("head") == head, patience_s=600)
        joined = time.monotonic() - begun
        backup = self.folder / "backup"
        three.catlog("backup", backup, node=leader)
        begun = time.monotonic()
        done = subprocess.run([str(self.build / "catlog"), "restore", str(backup), "--data", str(self.folder / "restored")],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        restored = time.monotonic() - begun
        self.figures.add(f"three machines, a new node: events/s of {head:,}", head / joined, head / restored, floor="ratio 0.5",
                         limit="catlog restore of the same log")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=lambda path: pathlib.Path(path).resolve(), metavar="BUILD")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--events", type=int, default=1_000_000)
    arguments = parser.parse_args()
    missing = machines.missing(arguments.build)
    if missing:
        print(f"ops/bench: {missing}", file=sys.stderr)
        return 4
    runs = arguments.runs or (1 if arguments.quick else 3)
    figures = Figures()
    for number in range(runs):
        print(f"run {number + 1} of {runs}", file=sys.stderr)
        # Where the build is: on the disk to be measured, which /tmp may not be on.
        with tempfile.TemporaryDirectory(prefix="cluster-", dir=arguments.build.parent) as folder:
            Bench(arguments.build, pathlib.Path(folder), figures, arguments.quick, arguments.events).run()
    print("\n".join(figures.text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
