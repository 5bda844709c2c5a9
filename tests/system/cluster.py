#!/usr/bin/env python3
"""Three machines whose processes are killed and stopped while commands are sent; usage: cluster.py BUILD [FAULTS].

A recorder writes each command down before it is sent and each receipt when it comes. At the end every accepted receipt's
events stand at their positions in all three logs, the roots are equal, and each id sent again gives the same receipt.
Exit 77: what it needs is not there.
"""
import json
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import machines  # noqa: E402, of ops

SEED = 1
COMMANDS_A_BATCH = 20


class Recorder(threading.Thread):
    """Sends commands until it is told to end; what was sent, and what came."""

    def __init__(self, three, folder):
        super().__init__()
        self.three, self.over, self.failed = three, threading.Event(), None
        self.sent_file, self.receipts_file = folder / "sent.ndjson", folder / "receipts.ndjson"
        self.number = 0

    def run(self):
        try:
            while not self.over.is_set():
                self.send_some()
        except Exception as failure:  # told by who joins
            self.failed = failure

    def send_some(self):
        lines = []
        for _ in range(COMMANDS_A_BATCH):
            self.number += 1
            lines.append(json.dumps({"id": str(uuid.uuid4()), "putGenre": {"tmdbId": self.number, "name": f"Genre {self.number}"}}))
        with open(self.sent_file, "a", encoding="utf-8") as sent:
            sent.write("\n".join(lines) + "\n")
        done = self.three.catlog("send", "-", "--endpoint", self.three.endpoints(), text="\n".join(lines) + "\n")
        with open(self.receipts_file, "a", encoding="utf-8") as receipts:
            receipts.write(done.stdout)
        if done.returncode != 0:
            raise RuntimeError(f"catlog send ended with {done.returncode}: {done.stderr[-500:]} {done.stdout[-500:]}")

    def sent(self):
        return [json.loads(line) for line in self.sent_file.read_text(encoding="utf-8").splitlines()]

    def receipts(self):
        return [json.loads(line) for line in self.receipts_file.read_text(encoding="utf-8").splitlines()]


def one_fault(three, chance):
    """Something is killed, or stopped for longer than a lease, and comes back."""
    leader = machines.until("one leads", three.leader)
    kind = chance.choice(["kill the leader", "stop the leader", "kill a node", "kill an etcd", "stop an etcd"])
    name = leader if "leader" in kind else chance.choice(machines.NAMES)
    print(f"  {kind}: {name}", flush=True)
    if "etcd" in kind:
        process, again = three.etcds[name], three.etcds[name].start
    else:
        process, again = three.nodes[name], lambda: three.begin(name)
    if kind.startswith("kill"):
        process.end(signal.SIGKILL)
        time.sleep(chance.uniform(0, 1))
        again()
        return
    process.signal(signal.SIGSTOP)
    time.sleep(machines.LEASE_S + chance.uniform(0.5, 2))
    process.signal(signal.SIGCONT)
    # Who led and was away for longer than its lease ends, and is started again.
    time.sleep(1)
    if not process.is_running():
        again()


def check(three, recorder):
    sent, receipts = recorder.sent(), recorder.receipts()
    accepted = {receipt["id"]: receipt for receipt in receipts if "accepted" in receipt}
    if len(receipts) != len(sent) or len(accepted) != len(sent):
        raise RuntimeError(f"{len(sent)} commands, {len(receipts)} receipts, {len(accepted)} of them accepted")
    heads = three.until_equal()
    if len(set(heads.values())) != 1:
        raise RuntimeError(f"the roots differ: {heads}")
    for name in machines.NAMES:
        events = [json.loads(line) for line in three.catlog("log", node=name).stdout.splitlines()]
        at = {int(event["position"]): event["commandId"] for event in events}
        ids = [event["commandId"] for event in events]
        if len(ids) != len(set(ids)):
            raise RuntimeError(f"{name} has a command twice")
        for receipt in accepted.values():
            if at.get(int(receipt["accepted"]["firstPosition"])) != receipt["id"]:
                raise RuntimeError(f"{name} has not at its position what was acknowledged: {receipt}")
        verified = three.catlog("verify", node=name)
        if verified.returncode != 0:
            raise RuntimeError(f"catlog verify of {name}: {verified.stderr[-1000:]}")
    again = three.catlog("send", "-", "--endpoint", three.endpoints(), text="".join(json.dumps(one) + "\n" for one in sent))
    for line in again.stdout.splitlines():
        receipt = json.loads(line)
        if receipt != accepted[receipt["id"]]:
            raise RuntimeError(f"another receipt for the same id: {receipt}, {accepted[receipt['id']]}")
    print(f"{len(sent)} commands, {len(accepted)} accepted, none lost; head and root {next(iter(heads.values()))}")


def main():
    programs = pathlib.Path(sys.argv[1])
    faults = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    missing = machines.missing(programs)
    if missing:
        print(f"NOT TRIED: {missing}")
        return 77
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="catlog-cluster-") as folder, machines.Machines(programs, folder) as three:
        three.start()
        machines.until("one leads", three.leader)
        recorder = Recorder(three, pathlib.Path(folder))
        recorder.start()
        try:
            for _ in range(faults):
                one_fault(three, chance)
                time.sleep(chance.uniform(0, 1))
        finally:
            recorder.over.set()
            recorder.join()
        if recorder.failed:
            for name, node in three.nodes.items():
                print(f"-- {name}\n{node.said()[-1500:]}")
            raise recorder.failed
        for name, node in three.nodes.items():
            if not node.is_running():
                three.begin(name)
        check(three, recorder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
