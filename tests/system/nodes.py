#!/usr/bin/env python3
"""What the nodes of a cluster have in common beside the log; usage: nodes.py BUILD.

Keys of sealed values: made by a leader, opened on each node, destroyed on a node that was away. A node that begins with
nothing after the engine let go of the log's beginning. Exit 77: what it needs is not there.
"""
import json
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import uuid

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import machines  # noqa: E402, of ops

KEPT_BYTES = 1 << 20  # in etcd, the least that there may be
LARGE_TEXT = "x" * 60_000
LEASE_S = 10  # nobody starts again who lost it on a slow machine


def require(condition, sentence):
    if not condition:
        raise RuntimeError(sentence)


def send(three, *commands):
    lines = "".join(json.dumps({"id": str(uuid.uuid4()), **command}) + "\n" for command in commands)
    done = three.catlog("send", "-", "--endpoint", three.endpoints(), text=lines)
    receipts = [json.loads(line) for line in done.stdout.splitlines()]
    require(len(receipts) == len(commands) and all("accepted" in receipt for receipt in receipts),
            f"not accepted: {[receipt for receipt in receipts if 'accepted' not in receipt][:3]} {done.stderr[-500:]}")
    return receipts


def link(token):
    return {"linkTrakt": {"user": {"username": "ada"}, "username": "ada-on-trakt", "accessToken": token, "refreshToken": token,
                          "expiresAt": "2030-01-01T00:00:00Z"}}


def link_patiently(three, token):
    """Where the other nodes do not answer in time, nothing is sealed and the command is to be sent again."""
    def linked():
        done = three.catlog("send", "-", "--endpoint", three.endpoints(), text=json.dumps({"id": str(uuid.uuid4()), **link(token)}) + "\n")
        return '"accepted"' in done.stdout or "restricted" not in done.stdout and require(False, f"{done.stdout} {done.stderr}")
    machines.until("it is linked", linked)


def opened(three, name):
    """What this node opens of the sealed token that its read model has; nothing: its key is not there."""
    sealed = three.catlog("sql", "SELECT accessToken FROM trakt_users", "--format", "csv", node=name).stdout.splitlines()[1:]
    done = three.catlog("unseal", node=name, text="\n".join(sealed) + "\n")
    return done.stdout.strip()


def keys(three, name):
    return sorted(file.name for file in (three.data(name) / "keys").glob("*.key"))


def health(page):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(machines.PATIENCE_S)
        connection.connect(str(page))
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while received := connection.recv(65_536):
            answer += received
    return answer.decode()


def check_keys(three):
    send(three, {"registerUser": {"username": "ada", "passwordHash": "$2b$10$" + "a" * 53}})
    done = three.catlog("destroy-key", "users/1", node=three.leader())
    require(done.returncode == 1 and "there is no key of users/1" in done.stderr, f"destroy-key of none: {done.stderr}")
    link_patiently(three, "secret-1")
    three.until_equal()
    for name in machines.NAMES:
        machines.until(f"{name} opens what was sealed", lambda name=name: opened(three, name) == "secret-1")

    away = next(name for name in machines.NAMES if name != three.leader())
    three.nodes[away].end(signal.SIGTERM)
    other = next(name for name in machines.NAMES if name not in (away, three.leader()))
    done = three.catlog("destroy-key", "users/1", node=other)
    require(done.returncode == 0 and "1 key destroyed" in done.stderr, f"destroy-key: {done.stderr}")
    done = three.catlog("destroy-key", "users/1", node=other)
    require(done.returncode == 0 and "0 keys destroyed, 1 key before" in done.stderr, f"destroy-key again: {done.stderr}")
    machines.until("the leader has destroyed it too", lambda: not keys(three, three.leader()))
    require(keys(three, away), "the node that is away has it still")
    three.begin(away)
    machines.until("the node that was away destroys it", lambda: not keys(three, away))

    # Another leader; who led follows and has the new key.
    former = three.leader()
    three.nodes[former].end(signal.SIGKILL)
    machines.until("another leads", lambda: three.leader() not in (None, former))
    link_patiently(three, "secret-2")
    three.begin(former)
    three.until_equal()
    for name in machines.NAMES:
        machines.until(f"{name} opens what another sealed", lambda name=name: opened(three, name) == "secret-2")
        require(len(keys(three, name)) == 1, f"{name} has {keys(three, name)}")
    print("keys: shared, destroyed on a node that was away, made by the next leader")


def check_empty_node(three):
    for number in range(1, 41):
        send(three, {"putMovie": {"tmdbId": number, "title": f"Movie {number}", "overview": LARGE_TEXT, "releaseDate": "",
                                  "poster": "", "backdrop": ""}})
    three.until_equal()
    replaced = next(name for name in machines.NAMES if name != three.leader())
    three.nodes[replaced].end(signal.SIGTERM)
    shutil.rmtree(three.data(replaced))

    def refused():
        """Without the other nodes it cannot begin: so the engine keeps the beginning no more."""
        three.make_empty(replaced)
        alone = three.node_command(replaced)
        at = alone.index("--cluster-peers")
        process = machines.Process(alone[:at] + alone[at + 2:], three.folder / "alone.log")
        process.start()
        try:
            code = machines.until("it ends, or is ready", lambda: process.running.poll() or "catlogd ready" in process.said_now())
        finally:
            process.end(signal.SIGKILL)
        shutil.rmtree(three.data(replaced))
        return code == 2
    machines.until("the engine keeps the log's beginning no more", refused)
    three.make_empty(replaced)
    node = three.nodes[replaced]
    # At any other address of the loopback interface it would ask for a key.
    node.command += ["--commands-endpoint", "tcp://127.0.0.1:0"]
    three.begin(replaced)
    intake = re.search(r"commands arrive at (tcp://\S+)", node.said_now()).group(1)
    heads = three.until_equal()
    require(len(set(heads.values())) == 1, f"the roots differ: {heads}")
    machines.until("it has the keys too", lambda: keys(three, replaced) == keys(three, three.leader()))
    verified = three.catlog("verify", "--other", f"ipc://{three.data(three.leader())}/run/replay.ipc", node=replaced)
    require(verified.returncode == 0, f"catlog verify: {verified.stdout[-500:]} {verified.stderr[-500:]}")
    # It names the leader, whose socket asks for no user.
    done = three.catlog("send", "-", "--endpoint", intake, text='{"putGenre": {"tmdbId": 16, "name": "Animation"}}\n')
    require("accepted" in done.stdout, f"over {intake}: {done.stdout} {done.stderr}")
    done = three.catlog("wait-for", "latest", "--timeout-s", machines.PATIENCE_S, node=replaced)
    require(done.returncode == 0 and int(done.stdout) == int(heads[replaced][0]) + 1, f"wait-for latest: {done}")
    # Who follows goes round too, and its watchdog sees it.
    watched = health(three.data(replaced) / "run/http.sock")
    require('"handler"' in watched and '"copies"' in watched and " 200 " in watched, f"not watched: {watched}")
    print(f"a node that began with nothing: {heads[replaced]}")


def main():
    programs = pathlib.Path(sys.argv[1])
    missing = machines.missing(programs)
    if missing:
        print(f"NOT TRIED: {missing}")
        return 77
    machines.leave_nothing()
    with tempfile.TemporaryDirectory(prefix="catlog-nodes-") as folder, \
            machines.Machines(programs, folder, node_options=["--cluster-kept-bytes", KEPT_BYTES], lease_s=LEASE_S) as three:
        three.start()
        machines.until("one leads", three.leader)
        try:
            check_keys(three)
            check_empty_node(three)
        except RuntimeError:
            for name, node in three.nodes.items():
                print(f"-- {name}\n{node.said()[-1500:]}")
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
