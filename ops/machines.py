"""Three machines on this one: etcd and catlogd-cluster as processes on loopback ports that the system chose; of ops/cluster
and tests/system/cluster.py."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

NAMES = ("a", "b", "c")
LEASE_S = 2
PATIENCE_S = 60  # for what takes seconds: a machine may be slow
SNAPSHOT_COUNT = 1_000  # etcd has so many of its entries in memory, and reads them when it starts (ops/RUNBOOK.md)
PR_SET_PDEATHSIG = 1
# Not 127.0.0.1, from which the loopback interface connects: who connects to a port there that nobody listens at yet may be
# given that very port, and then speaks with itself. And this process's own: a port that it found free, or that one of its
# etcd leaves for a moment, is given to no other process that looks for one.
ADDRESS = f"127.{128 + (os.getpid() >> 16)}.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
LIBC = ctypes.CDLL(None)


def etcd():
    """The installed one, or the one that ops/install fetched; nothing when there is none."""
    fetched = pathlib.Path(__file__).resolve().parent.parent / "build/etcd-server/usr/bin/etcd"
    return shutil.which("etcd") or (str(fetched) if fetched.is_file() else None)


def missing(programs):
    """What three machines want and is not there; empty: nothing."""
    if not etcd():
        return "there is no etcd (ops/install --cluster)"
    if not (programs / "catlogd-cluster").is_file():
        return "catlogd-cluster is not built (ops/install --cluster, then configure and build again)"
    return ""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((ADDRESS, 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def leave_nothing():
    """Told to end, this program ends as by an exception: what it began is stopped, and its temporary folders go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def begin_test(programs, besides=""):
    """Ends this program with 77, and says why, where what three machines need is not there, or what `besides` says."""
    lacking = missing(programs) or besides
    if lacking:
        print(f"NOT TRIED: {lacking}")
        sys.exit(77)
    leave_nothing()


def until(what, condition, patience_s=PATIENCE_S):
    """Waits for what `condition` returns to be something, and returns that."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise RuntimeError(f"{what}: not within {patience_s} s")


class Process:
    """A program that ends with this one, at the latest; its output goes to a file. `enter` is called in it first."""

    def __init__(self, command, output, enter=None, variables=None):
        self.command, self.output, self.running = [str(part) for part in command], output, None
        self.enter, self.variables, self.begun_at = enter, variables or {}, 0

    def start(self):
        def begin():
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if self.enter:
                self.enter()
        with open(self.output, "ab") as output:
            self.begun_at = output.tell()
            self.running = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            preexec_fn=begin, env={**os.environ, **self.variables})

    def is_running(self):
        return self.running is not None and self.running.poll() is None

    def end(self, by):
        """Sends the signal and waits; the exit code."""
        running = self.running  # which somebody may start again meanwhile
        if running is None:
            return 0
        if running.poll() is None:
            running.send_signal(by)
        return running.wait(PATIENCE_S)

    def signal(self, which):
        running = self.running
        if running is not None and running.poll() is None:
            running.send_signal(which)

    def said(self):
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.is_file() else ""

    def said_now(self):
        """Since it was started last; nothing when it has ended."""
        return self.said_last() if self.is_running() else ""

    def said_last(self):
        """Since it was started last, also when it has ended."""
        if self.running is None:
            return ""
        with open(self.output, "rb") as output:
            output.seek(self.begun_at)
            return output.read().decode(errors="replace")


class Place:
    """Where one machine's processes are: on the loopback interface, in a folder, unless told otherwise."""

    def __init__(self, folder, ports, address=ADDRESS, enter=None, variables=None):
        self.folder, self.ports, self.address = folder, ports, address
        self.enter, self.variables = enter, variables  # of its processes; of its node

    def client(self):
        return f"{self.address}:{self.ports[0]}"

    def peer(self, scheme="http"):
        return f"{scheme}://{self.address}:{self.ports[1]}"

    def node(self):
        return f"tcp://{self.address}:{self.ports[2]}"


def loopback_places(folder):
    ports = free_ports(3 * len(NAMES))
    return {name: Place(folder, ports[3 * index:3 * index + 3]) for index, name in enumerate(NAMES)}


class Machines:
    """Three etcd and three catlogd. All are killed at the end of `with`."""

    def __init__(self, programs, folder, places=None, daemon="catlogd-cluster", scheme="http", etcd_options=(),
                 node_options=(), lease_s=LEASE_S):
        self.programs, self.folder, self.daemon = pathlib.Path(programs), pathlib.Path(folder), daemon
        self.places = places or loopback_places(self.folder)
        self.node_options, self.lease_s = node_options, lease_s
        self.peers = ",".join(f"{name}={place.node()}" for name, place in self.places.items())
        cluster = ",".join(f"{name}={place.peer(scheme)}" for name, place in self.places.items())
        self.etcds = {name: Process(
            [etcd(), "--name", name, "--data-dir", place.folder / f"etcd-{name}",
             "--listen-client-urls", f"{scheme}://{place.client()}", "--advertise-client-urls", f"{scheme}://{place.client()}",
             "--listen-peer-urls", place.peer(scheme), "--initial-advertise-peer-urls", place.peer(scheme),
             "--initial-cluster", cluster, "--snapshot-count", str(SNAPSHOT_COUNT), *etcd_options], self.folder / f"etcd-{name}.log", place.enter)
            for name, place in self.places.items()}
        self.nodes = {name: Process(self.node_command(name), self.folder / f"{name}.log", place.enter, place.variables)
                      for name, place in self.places.items()}

    def node_command(self, name):
        return [self.programs / self.daemon, "--data", self.data(name), "--cluster-endpoint", self.endpoint(name),
                "--cluster", "demo", "--cluster-node", name, "--cluster-etcd", self.etcd_endpoints(name),
                "--cluster-peers", self.peers, "--cluster-lease-s", self.lease_s,
                "--http-endpoint", f"unix:{self.data(name)}/run/http.sock", *self.node_options]

    def etcd_endpoints(self, name):
        """Its own machine's first, which it asks as long as that answers."""
        return ",".join(self.places[each].client() for each in sorted(self.places, key=lambda each: each != name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in [*self.nodes.values(), *self.etcds.values()]:
            process.signal(signal.SIGCONT)
            process.end(signal.SIGKILL)

    def data(self, name):
        return self.places[name].folder / f"data-{name}"

    def endpoint(self, name):
        return f"ipc://{self.data(name)}/run/commands.ipc"

    def endpoints(self):
        return ",".join(self.endpoint(name) for name in NAMES)

    def start(self, are_etcds_there=False):
        for etcd in [] if are_etcds_there else self.etcds.values():
            etcd.start()
        # Once, one node says that its log is the cluster's.
        first = self.nodes[NAMES[0]]
        first.command.append("--cluster-begin")
        self.begin(NAMES[0])
        for name in NAMES[1:]:
            self.make_empty(name)
            self.begin(name)

    def make_empty(self, name):
        """A data directory for a node that has nothing yet but the key that all nodes have in common."""
        keys = self.data(name) / "bus-keys"
        keys.mkdir(mode=0o700, parents=True)
        shutil.copy(next(file for file in (self.data(other) / "bus-keys/server.key" for other in NAMES) if file.is_file()), keys)
        (self.data(name) / "begin-new-log").touch()
        # No power cut of a test takes the key away again.
        subprocess.run(["sync", "--file-system", keys], check=True)

    def begin(self, name):
        """Starts a node; returns when it is ready."""
        process = self.nodes[name]
        process.start()

        def is_ready():
            if not process.is_running():
                raise RuntimeError(f"{name} ended while it was started:\n{process.said()[-2000:]}")
            return self.is_ready(name)
        until(f"{name} is ready", is_ready)
        process.command = [part for part in process.command if part != "--cluster-begin"]

    def is_ready(self, name):
        return "catlogd ready" in self.nodes[name].said_now()

    def leader(self):
        """Who said last that it leads, and is running."""
        said = {}
        for name, node in self.nodes.items():
            lines = [line for line in node.said_now().splitlines() if "leads from position" in line]
            if lines:
                said[int(lines[-1].rsplit("term ", 1)[1].rstrip(")"))] = name
        return said[max(said)] if said else None

    def catlog(self, *arguments, node=None, text=None):
        command = [str(self.programs / "catlog"), *[str(argument) for argument in arguments]]
        if node:
            command += ["--data", str(self.data(node))]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False)

    def status(self, name):
        done = self.catlog("status", "--json", node=name)
        return json.loads(done.stdout) if done.stdout else {}

    def metrics(self, name):
        """The lines of /metrics; none where it does not answer."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(PATIENCE_S)
            try:
                asked.connect(f"{self.data(name)}/run/http.sock")
                asked.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return b"".join(iter(lambda: asked.recv(1 << 16), b"")).decode().splitlines()
            except OSError:
                return []

    def until_equal(self, names=NAMES):
        """Waits until these nodes have all that was acknowledged when this was called; their heads and roots."""
        # A leader's own log has it a moment later too, so that all logs may be equal without it.
        until("a node has what the engine has", lambda: self.catlog("wait-for", "latest", node=names[0]).returncode == 0,
              10 * PATIENCE_S)

        def equal():
            heads = {name: (status.get("head"), status.get("root"))
                     for name, status in ((name, self.status(name)) for name in names)}
            return heads if len({head for head, _ in heads.values()}) == 1 else None
        return until("all nodes have the same log", equal)
