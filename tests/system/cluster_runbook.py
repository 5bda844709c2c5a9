#!/usr/bin/env python3
"""What ops/RUNBOOK.md, "Three machines", has an operator do; usage: cluster_runbook.py BUILD [--only EXERCISE]

Each exercise is a paragraph of that chapter, done as it says to machines that hold a log. (The upgrade, node by node, is
cluster.py's.) Exit 77: what it needs is not there.
"""
import argparse
import base64
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "ops"))
import machines  # noqa: E402, of ops

CLUSTER = "demo"
LEASE_S = 10  # nobody starts again who lost it on a slow machine


def require(condition, sentence):
    if not condition:
        raise RuntimeError(sentence)


def set_option(process, option, value):
    """In a command line; None takes it away."""
    command = process.command
    if option in command:
        at = command.index(option)
        del command[at:at + 2]
    if value is not None:
        command += [option, str(value)]


class Operator:
    """Three machines, and who sees to them."""

    def __init__(self, three, folder):
        self.three, self.folder, self.sent = three, folder, 0

    def send(self, count=20, endpoint=None):
        lines = []
        for _ in range(count):
            self.sent += 1
            lines.append(json.dumps({"id": str(uuid.uuid4()), "putGenre": {"tmdbId": self.sent, "name": f"Genre {self.sent}"}}) + "\n")
        done = self.three.catlog("send", "-", "--endpoint", endpoint or self.three.endpoints(), text="".join(lines))
        require(done.stdout.count('"accepted"') == count, f"not accepted: {done.stdout[-500:]} {done.stderr[-500:]}")

    def all_hold_it(self, names=machines.NAMES):
        """The same root on each, and each event that was acknowledged."""
        heads = self.three.until_equal(names)
        require(len(set(heads.values())) == 1, f"the roots differ: {heads}")
        head = next(iter(heads.values()))[0]
        require(head == self.sent, f"{self.sent} commands were accepted, and the log ends at {head}")
        for name in names:
            verified = self.three.catlog("verify", node=name)
            require(verified.returncode == 0, f"catlog verify of {name}: {verified.stdout[-500:]} {verified.stderr[-500:]}")

    def holds(self, name):
        return self.three.status(name).get("cluster", {}).get("holds", {})

    def ask_etcd(self, path, question, at="a"):
        request = urllib.request.Request(f"http://{self.three.places[at].client()}/v3/{path}", json.dumps(question).encode())

        def answered():
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer) or {"": ""}
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                return None
        return machines.until(f"etcd answers {path}", answered)

    def restart(self, name):
        node = self.three.nodes[name]
        code = node.end(signal.SIGTERM)
        require(code == 0, f"{name} ended with {code}: {node.said()[-1000:]}")
        self.three.begin(name)

    def lose(self, name):
        """The machine, with all that was on it."""
        for process in (self.three.nodes[name], self.three.etcds[name]):
            process.end(signal.SIGKILL)
        shutil.rmtree(self.three.data(name), ignore_errors=True)
        shutil.rmtree(self.three.places[name].folder / f"etcd-{name}", ignore_errors=True)

    def begin_anew(self, name, others, cluster):
        """Three etcd that hold nothing, `name` with the log that it has, the others with nothing."""
        three = self.three
        for process in [*three.nodes.values(), *three.etcds.values()]:
            process.end(signal.SIGKILL)
        for each, etcd in three.etcds.items():
            shutil.rmtree(three.places[each].folder / f"etcd-{each}", ignore_errors=True)
            etcd.start()
        for node in three.nodes.values():
            set_option(node, "--cluster", cluster)
        three.nodes[name].command.append("--cluster-begin")
        three.begin(name)
        for other in others:
            shutil.rmtree(three.data(other), ignore_errors=True)
            three.make_empty(other)
            three.begin(other)


def begin_with_a_backup(operator):
    """A log that is there already becomes the cluster's; another node begins with a backup of it, and the third with nothing."""
    three = operator.three
    for etcd in three.etcds.values():
        etcd.start()
    three.nodes["a"].command.append("--cluster-begin")
    three.begin("a")
    machines.until("a leads", lambda: three.leader() == "a")
    operator.send(endpoint=three.endpoint("a"))
    done = three.catlog("wait-for", "latest", "--timeout-s", machines.PATIENCE_S, node="a")
    require(done.returncode == 0, f"catlog wait-for latest: {done.stderr}")
    backup = operator.folder / "backup"
    done = three.catlog("backup", backup, node="a")
    require(done.returncode == 0, f"catlog backup: {done.stderr}")
    done = three.catlog("restore", backup, node="b")
    require(done.returncode == 0, f"catlog restore: {done.stderr}")
    keys = three.data("b") / "bus-keys"
    keys.mkdir(mode=0o700)
    shutil.copy(three.data("a") / "bus-keys/server.key", keys)
    three.begin("b")
    three.make_empty("c")
    three.begin("c")
    operator.send()
    operator.all_hold_it()


def add_and_remove(operator):
    """A fourth node, and away with it."""
    three = operator.three
    added = "d"
    place = machines.Place(operator.folder, machines.free_ports(3))
    three.places[added] = place
    peers = three.peers
    more = f"{peers},{added}={place.node()}"
    for name in machines.NAMES:  # one after the other, and commands go on meanwhile
        set_option(three.nodes[name], "--cluster-nodes", 4)
        set_option(three.nodes[name], "--cluster-peers", more)
        operator.restart(name)
        operator.send(5)
    three.peers = more
    three.nodes[added] = machines.Process([*three.node_command(added), "--cluster-nodes", "4"], operator.folder / "d.log")
    three.make_empty(added)
    three.begin(added)
    operator.send()
    operator.all_hold_it([*machines.NAMES, added])
    for name in [*machines.NAMES, added]:
        machines.until(f"{name} knows that four hold it", lambda name=name: operator.holds(name) == dict.fromkeys(three.nodes, operator.sent))

    node = three.nodes.pop(added)
    require(node.end(signal.SIGTERM) == 0, f"d: {node.said()[-1000:]}")
    three.peers = peers
    for name in machines.NAMES:
        set_option(three.nodes[name], "--cluster-nodes", 3)
        set_option(three.nodes[name], "--cluster-peers", peers)
        operator.restart(name)
    key = base64.b64encode(f"/catlog/{CLUSTER}/hold/{added}".encode()).decode()
    gone = operator.ask_etcd("kv/deleterange", {"key": key})
    require(int(gone.get("deleted", 0)) == 1, f"its key is taken away: {gone}")
    operator.send()
    for name in machines.NAMES:
        machines.until(f"{name} shows three", lambda name=name: sorted(operator.holds(name)) == list(machines.NAMES))
    operator.all_hold_it()


def replace(operator):
    """A machine is lost whole, and another takes its name and its addresses; etcd's member is replaced too."""
    three = operator.three
    lost = three.leader()
    left = next(name for name in machines.NAMES if name != lost)
    operator.lose(lost)
    operator.send()
    members = operator.ask_etcd("cluster/member/list", {}, at=left)["members"]
    operator.ask_etcd("cluster/member/remove", {"ID": next(each["ID"] for each in members if each.get("name") == lost)}, at=left)
    operator.ask_etcd("cluster/member/add", {"peerURLs": [three.places[lost].peer()]}, at=left)
    three.etcds[lost].command += ["--initial-cluster-state", "existing"]
    three.etcds[lost].start()
    three.make_empty(lost)
    three.begin(lost)
    operator.all_hold_it()
    three.etcds[lost].command = three.etcds[lost].command[:-2]
    compared = three.catlog("verify", "--other", f"ipc://{three.data(left)}/run/replay.ipc", node=lost)
    require(compared.returncode == 0, f"catlog verify --other: {compared.stdout[-500:]} {compared.stderr[-500:]}")


def lose_a_majority(operator):
    """Two machines are gone for good: what is left is read, and a cluster begun anew with it."""
    three = operator.three
    operator.all_hold_it()
    left = three.leader()
    others = [name for name in machines.NAMES if name != left]
    for name in others:
        operator.lose(name)
    machines.until("it says that etcd does not answer", lambda: "etcd does not answer" in three.nodes[left].said_now() or
                   not three.nodes[left].is_running())
    if not three.nodes[left].is_running():  # who led ends, and waits for etcd when it is started again
        three.nodes[left].start()
    read = three.catlog("log", node=left)
    require(len(read.stdout.splitlines()) == operator.sent, f"its log is there to be read: {read.stderr}")
    operator.begin_anew(left, others, "after-the-loss")
    operator.send()
    operator.all_hold_it()


def restore(operator):
    """Everything is gone but a backup."""
    three = operator.three
    operator.all_hold_it()
    backup = operator.folder / "the-only-one"
    done = three.catlog("backup", backup, node="b")
    require(done.returncode == 0, f"catlog backup: {done.stderr}")
    key = (three.data("a") / "bus-keys/server.key").read_bytes()
    for name in machines.NAMES:
        operator.lose(name)
    done = three.catlog("restore", backup, node="a")
    require(done.returncode == 0, f"catlog restore: {done.stderr}")
    (three.data("a") / "bus-keys").mkdir(mode=0o700)
    file = three.data("a") / "bus-keys/server.key"
    file.touch(mode=0o600)
    file.write_bytes(key)
    operator.begin_anew("a", ["b", "c"], "from-a-backup")
    operator.send()
    operator.all_hold_it()


def refused_with_what_to_do(operator):
    """What the chapter's table has: an engine that lost everything, and one that was set back."""
    three = operator.three
    operator.all_hold_it()
    for process in [*three.nodes.values(), *three.etcds.values()]:
        process.end(signal.SIGKILL)
    for name, etcd in three.etcds.items():
        folder = three.places[name].folder / f"etcd-{name}"
        shutil.move(folder, f"{folder}-kept")
        etcd.start()
    node = three.nodes["a"]
    node.start()
    machines.until("it ends", lambda: not node.is_running())
    require(node.running.returncode == 2 and "the engine holds no log" in node.said(), f"an empty engine: {node.said()[-1000:]}")
    # What etcd was before, with a later log: a moment ago is set back to.
    for etcd in three.etcds.values():
        etcd.end(signal.SIGKILL)
    for name in machines.NAMES:
        folder = three.places[name].folder / f"etcd-{name}"
        shutil.rmtree(folder)
        shutil.copytree(f"{folder}-kept", folder)
    for etcd in three.etcds.values():
        etcd.start()
    for name in machines.NAMES:
        three.begin(name)
    operator.send()
    operator.all_hold_it()
    for process in [*three.nodes.values(), *three.etcds.values()]:
        process.end(signal.SIGKILL)
    for name, etcd in three.etcds.items():
        folder = three.places[name].folder / f"etcd-{name}"
        shutil.rmtree(folder)
        shutil.move(f"{folder}-kept", folder)
        etcd.start()
    node.start()
    machines.until("it ends", lambda: not node.is_running())
    require(node.running.returncode in (2, 5) and "the engine was set back" in node.said(), f"set back: {node.said()[-1000:]}")
    operator.begin_anew("a", ["b", "c"], "after-it-was-set-back")
    operator.send()
    operator.all_hold_it()


def blocks_of(paragraph):
    """The commands of the runbook that stand behind this beginning of a paragraph, line by line, up to the next such one."""
    text = (ROOT / "ops/RUNBOOK.md").read_text(encoding="utf-8").split(f"**{paragraph}**", 1)[1].split("\n**", 1)[0]
    lines = [line for block in text.split("```sh\n")[1:] for line in block.split("```", 1)[0].splitlines()]
    require(lines, f"no commands in '{paragraph}'")
    return lines


def one_machine_again(operator):
    """A follower leaves the cluster for good by the runbook's own commands, and writes alone. A new one takes its name."""
    three = operator.three
    operator.all_hold_it()
    name = next(name for name in machines.NAMES if name != three.leader())
    service = {"node": three.nodes[name], "alone": machines.Process([three.programs / "catlogd", "--data", three.data(name)],
                                                                    operator.folder / "alone.log")}
    current = "node"

    def refused():
        service["alone"].start()
        machines.until("it ends", lambda: not service["alone"].is_running())
        return service["alone"].running.returncode == 2 and "--cluster" in service["alone"].said_last()
    for line in blocks_of("One machine again"):
        if line == "systemctl stop catlogd":
            require(service[current].end(signal.SIGTERM) == 0, f"it ends: {service[current].said()[-1000:]}")
            require(refused(), f"as long as the mark is there: {service['alone'].said()[-1000:]}")
        elif line == "systemctl start catlogd":
            current = "alone"
            service[current].start()
            machines.until("it is ready", lambda: "catlogd ready" in service[current].said_now())
        else:
            require("/var/lib/catlog/" in line, f"it leads out of the test: {line}")
            subprocess.run(line.replace("/var/lib/catlog", str(three.data(name))), shell=True, check=True, timeout=machines.PATIENCE_S)
    require("cluster" not in three.status(name), "one machine tells of no cluster")
    done = three.catlog("send", "-", node=name, text='{"putGenre": {"tmdbId": 900000, "name": "Alone"}}\n')
    require('"accepted"' in done.stdout, f"one machine: {done}")
    require(service[current].end(signal.SIGTERM) == 0, f"one machine: {service[current].said()[-1000:]}")
    operator.send()
    shutil.rmtree(three.data(name))
    three.make_empty(name)
    three.begin(name)
    operator.all_hold_it()


# In this order: each goes on with what the one before it left.
EXERCISES = [begin_with_a_backup, one_machine_again, add_and_remove, replace, lose_a_majority, restore, refused_with_what_to_do]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    parser.add_argument("--only", choices=[exercise.__name__ for exercise in EXERCISES[1:]])
    arguments = parser.parse_args()
    machines.begin_test(arguments.build)
    with tempfile.TemporaryDirectory(prefix="catlog-runbook-", ignore_cleanup_errors=True) as folder, \
            machines.Machines(arguments.build, folder, lease_s=LEASE_S) as three:
        operator = Operator(three, pathlib.Path(folder))
        try:
            for exercise in EXERCISES:
                if arguments.only in (None, exercise.__name__) or exercise is EXERCISES[0]:
                    exercise(operator)
                    print(f"  {exercise.__name__}: {operator.sent} events on each", flush=True)
        except Exception:
            for name, process in [*three.nodes.items(), *((f"etcd-{name}", etcd) for name, etcd in three.etcds.items())]:
                print(f"-- {name}\n{process.said()[-2000:]}")
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
