#!/usr/bin/env python3
"""What the nodes of a cluster have in common beside the log; usage: nodes.py BUILD.

Keys of sealed values: made by a leader, opened on each node, destroyed on a node that was away. A node that begins with
nothing after the engine let go of the log's beginning. Reading on each; clients that are led by keys. Exit 77: what it needs is not there.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "ops"))
import machines  # noqa: E402, of ops

KEPT_BYTES = 1 << 20  # in etcd, the least that there may be
LARGE_TEXT = "x" * 60_000
LEASE_S = 10  # nobody starts again who lost it on a slow machine
EVENTS_OF_ONE_COMMAND, COMMANDS_A_BATCH = 65_536, 4_000  # the most


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


def check_silent_peers(three, lacking):
    """No other node is there for what the engine keeps no more: that is said, and the engine does answer. They come, and it goes on."""
    others = [name for name in machines.NAMES if name != lacking]
    for other in others:
        require(three.nodes[other].end(signal.SIGTERM) == 0, f"{other}: {three.nodes[other].said()[-1000:]}")
    three.begin(lacking)
    machines.until("it says that nobody has what it lacks", lambda: "no other node that has it answers" in three.nodes[lacking].said_now())
    require("catlog_cluster_engine_answers 1" in three.metrics(lacking), "the engine answers")
    machines.until("its status says so too", lambda: three.status(lacking).get("cluster", {}).get("engineAnswers") is True)

    def is_trouble():
        lines = [f'catlog_cluster_node_trouble{{node="{other}"}} 1' for other in others]
        troubles = three.status(lacking).get("cluster", {}).get("troubles", {})
        return all(line in three.metrics(lacking) for line in lines) and sorted(troubles) == others
    machines.until("it tells of both that they are silent", is_trouble)
    for other in others:
        three.begin(other)
    machines.until("all is well with both", lambda: three.status(lacking).get("cluster", {}).get("troubles") == {} and all(
        f'catlog_cluster_node_trouble{{node="{other}"}} 0' in three.metrics(lacking) for other in others))


def check_lists(three):
    """An operator's lists differ: the others say so, where it is looked for. By a user of this machine, who needs no key."""
    at = three.leader()
    others = [name for name in machines.NAMES if name != at]

    def tells(other, words):
        found = three.status(other).get("cluster", {}).get("troubles", {}).get(at, "")
        line = f'catlog_cluster_node_trouble{{node="{at}"}} {1 if words else 0}'
        return (words in found if words else not found) and line in three.metrics(other)
    for command, words in ((("new", "sync", "--role", "producer", "--into", three.folder / "sync.key"), "quarantine.json or bus-keys/allowed/"),
                           (("revoke", "sync"), "")):
        done = three.catlog("bus-keys", *command, node=at)
        require(done.returncode == 0, f"catlog bus-keys: {done.stderr}")
        for other in others:
            machines.until(f"{other} tells of {at}: '{words}'", lambda other=other, words=words: tells(other, words))
    print("lists that differ: told by status and metrics, and that they are the same again")


def check_housekeeping(three):
    """Who follows sends nothing, whatever it would be let do where the leader is."""
    def said():
        files = [three.data(name) / "housekeeping.json" for name in machines.NAMES]
        return sum("this machine does not write" in file.read_text(encoding="utf-8") for file in files if file.is_file())
    machines.until("two leave expired tokens to the one that leads", lambda: said() == 2)
    print("housekeeping: of those that follow it sends nothing")


def check_reading(three):
    """Each node has what was acknowledged when it is asked to wait for that, and a subscriber goes on at another one."""
    receipt, = send(three, {"putGenre": {"tmdbId": 37, "name": "Western"}})
    position = receipt["accepted"]["lastPosition"]
    for name in machines.NAMES:
        done = three.catlog("sql", "SELECT name FROM genres WHERE tmdbId = 37", "--wait-for", position, "--format", "csv", node=name)
        require(done.stdout.splitlines()[1:] == ["Western"], f"{name} has not what it waited for: {done}")
    send(three, *({"putGenre": {"tmdbId": number, "name": f"Genre {number}"}} for number in range(1_000, 1_005)))
    came = []
    for name in (*machines.NAMES, *machines.NAMES):  # an event at each, from where the one before came to
        cursor = ("--from", int(came[-1]["position"]) + 1, "--log-id", came[-1]["logId"], "--last-command-id",
                  came[-1]["commandId"]) if came else ("--from", position)
        done = three.catlog("tail", "--count", 1, *cursor, node=name)
        require(done.returncode == 0, f"tail at {name}: {done.stderr}")
        came.append(json.loads(done.stdout))
    positions = [int(each["position"]) for each in came]
    require(positions == list(range(int(position), int(position) + 6)), f"a subscriber that changes nodes is given {positions}")
    print("reading: each node waits for what was acknowledged; a subscriber changes nodes")


def check_large(three):
    """One command of as many events as one may have, in parts: it is on every node, as one."""
    show = {"tmdbId": 1}
    send(three, {"putTvShow": {**show, "name": "Long", "overview": "", "firstAirDate": "", "poster": "", "backdrop": "", "status": "",
                               "tagline": "", "type": "", "inProduction": True}},
         {"putSeason": {"tvShow": show, "seasonNumber": 1, "name": "One", "overview": "", "airDate": "", "episodeCount": 0, "poster": ""}})
    numbers = range(1, EVENTS_OF_ONE_COMMAND - 1)  # beside the show and its season
    for first in range(0, len(numbers), COMMANDS_A_BATCH):
        send(three, {"batch": {"commands": [{"id": str(uuid.uuid4()), "putEpisode": {
            "season": {"tvShow": show, "seasonNumber": 1}, "episodeNumber": number, "name": "E", "overview": "", "airDate": ""}}
            for number in numbers[first:first + COMMANDS_A_BATCH]]}})
    receipt, = send(three, {"removeTvShow": {"tvShow": show, "withSeasons": True}})
    accepted = receipt["accepted"]
    require(int(accepted["lastPosition"]) - int(accepted["firstPosition"]) + 1 == EVENTS_OF_ONE_COMMAND, f"it has other events: {accepted}")
    heads = three.until_equal()
    require(len(set(heads.values())) == 1, f"the roots differ: {heads}")
    print(f"a command of {EVENTS_OF_ONE_COMMAND} events: {heads[machines.NAMES[0]]}")


def check_names(three):
    """A node's name is a folder's too."""
    for option, value in (("--cluster-node", ".a"), ("--cluster", "../demo"), ("--cluster-peers", three.peers.replace("a=", ".a="))):
        command = [str(part) for part in three.node_command("a")]
        command[command.index(option) + 1] = value
        done = subprocess.run(command, capture_output=True, text=True, timeout=machines.PATIENCE_S, check=False)
        require(done.returncode == 2 and "does not begin with '.'" in done.stderr, f"{option} {value}: {done.returncode} {done.stderr}")


def check_one_machine_again(three):
    """A node's directory, and a catlogd of one machine: it is refused until the mark is removed. What it wrote then is no part
    of the cluster's log, and whoever has it is no node any more."""
    three.until_equal()
    name = next(name for name in machines.NAMES if name != three.leader())
    require("cluster" in three.status(name), "a node tells of its cluster")
    require(three.nodes[name].end(signal.SIGTERM) == 0, f"{name}: {three.nodes[name].said()[-1000:]}")
    mark = three.data(name) / "cluster"
    command = [str(part) for part in three.node_command(name)]
    at = command.index("--cluster") + 1
    cluster = command[at]
    for refused in ([three.programs / "catlogd", "--data", three.data(name)],
                    [three.programs / "catlogd-cluster", "--data", three.data(name)], command[:at] + ["another"] + command[at + 1:]):
        done = subprocess.run(refused, capture_output=True, text=True, timeout=machines.PATIENCE_S, check=False)
        require(done.returncode == 2 and f"--cluster {cluster}" in done.stderr and str(mark) in done.stderr, f"{refused}: {done}")
    told = three.catlog("doctor", node=name).stdout
    require(f"a node of the cluster {cluster}" in told, f"catlog doctor: {told}")
    mark.unlink()
    alone = machines.Process([three.programs / "catlogd", "--data", three.data(name)], three.folder / "one-machine.log")
    alone.start()
    try:
        machines.until("it is ready", lambda: "catlogd ready" in alone.said_now())
        require("cluster" not in three.status(name), f"one machine tells of no cluster: {three.status(name)}")
        done = three.catlog("send", "-", node=name, text='{"putGenre": {"tmdbId": 900, "name": "Alone"}}\n')
        require("accepted" in done.stdout, f"one machine: {done}")
    finally:
        require(alone.end(signal.SIGTERM) == 0, f"one machine: {alone.said()[-1000:]}")
    # Its log ends within a batch of theirs: no root is there to be compared.
    send(three, {"batch": {"commands": [{"id": str(uuid.uuid4()), "putGenre": {"tmdbId": number, "name": f"Genre {number}"}}
                                        for number in (901, 902, 903)]}})
    send(three, {"putGenre": {"tmdbId": 904, "name": "Genre 904"}})
    three.nodes[name].start()
    machines.until("it ends", lambda: not three.nodes[name].is_running())
    said = three.nodes[name].said_last()
    require(three.nodes[name].running.returncode == 5 and "without a batch that begins there" in said, f"it forked: {said[-1000:]}")
    print("a node that is one machine again: by order only, and no node any more")


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
    check_silent_peers(three, replaced)
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


def check_doctor(three):
    """Who follows is as well as who leads."""
    leader = machines.until("one leads", three.leader)
    for name in machines.NAMES:
        def told(name=name):
            lines = [line.split(None, 2) for line in three.catlog("doctor", node=name).stdout.splitlines()]
            said = {about: (health, words) for health, about, words in lines}
            return said.get("daemon", [""])[0] == "ok" and said.get("cluster", [""])[0] == "ok" and \
                f"{leader} leads, etcd answers" in said["cluster"][1]
        machines.until(f"all is well with {name}", told)
    print("catlog doctor: all is well with each node")


def check_led_by_keys(three):
    """The one that writes speaks to nobody without a key: who begins at a follower's socket file goes on there by the key that its
    owner gave, and by no other, whatever an answer names."""
    for name, port in zip(machines.NAMES, machines.free_ports(len(machines.NAMES))):
        command, intake = three.nodes[name].command, f"tcp://{machines.ADDRESS}:{port}"
        command[command.index("--cluster-endpoint") + 1] = intake
        command += ["--require-keys", "--commands-endpoint", intake]
    three.start()
    leader = machines.until("one leads", three.leader)
    for name, node in three.nodes.items():
        require("where nobody has a key yet" in node.said_now(), f"{name} warns: {node.said_now()[-1000:]}")
    key = three.folder / "sync.key"
    done = three.catlog("bus-keys", "new", "sync", "--role", "producer", "--into", key, node=leader)
    require(done.returncode == 0, f"catlog bus-keys: {done.stderr}")
    follower = next(name for name in machines.NAMES if name != leader)

    def genre(number):
        return json.dumps({"id": str(uuid.uuid4()), "putGenre": {"tmdbId": number, "name": f"Genre {number}"}}) + "\n"
    # The leader looks at its list each second.
    machines.until("it is led there", lambda: '"accepted"' in three.catlog(
        "send", "-", "--key-file", key, "--wait-s", 5, node=follower, text=genre(1)).stdout)
    done = three.catlog("send", "-", "--key-file", key, "--server-key", "k" * 40, "--wait-s", 3, node=follower, text=genre(2))
    require(done.returncode == 6 and "does not go without a key file" in done.stderr, f"by another key: {done}")
    done = three.catlog("send", "-", "--wait-s", 3, node=follower, text=genre(3))
    require(done.returncode != 0 and '"accepted"' not in done.stdout, f"without a key: {done}")
    if shutil.which("/usr/bin/python3"):
        program = ("import json, sys; from catlog_client import Producer; producer = Producer(sys.argv[1], key_file=sys.argv[2]); "
                   "print(producer.send({'putGenre': {'tmdbId': 4, 'name': 'Four'}}).result())")
        done = subprocess.run(["/usr/bin/python3", "-c", program, three.data(follower), key], capture_output=True, text=True, check=False,
                              timeout=2 * machines.PATIENCE_S, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1",
                                                                    "PYTHONPATH": str(ROOT / "events/clients/python")})
        require("accepted" in done.stdout or "No module named 'zmq'" in done.stderr, f"the Python client: {done}")
    print(f"keys of the bus: led from {follower}'s socket file to {leader}, by the owner's key only")


def run(programs, node_options, checks):
    with tempfile.TemporaryDirectory(prefix="catlog-nodes-") as folder, \
            machines.Machines(programs, folder, node_options=node_options, lease_s=LEASE_S) as three:
        try:
            for check in checks:
                check(three)
        except RuntimeError:
            for name, node in three.nodes.items():
                print(f"-- {name}\n{node.said()[-1500:]}")
            raise


def begin(three):
    three.start()
    machines.until("one leads", three.leader)


def main():
    programs = pathlib.Path(sys.argv[1])
    machines.begin_test(programs)
    run(programs, ["--cluster-kept-bytes", KEPT_BYTES, "--expire-tokens", "1h"], [
        begin, check_names, check_doctor, check_housekeeping, check_reading, check_keys, check_empty_node, check_lists, check_large,
        check_one_machine_again])
    run(programs, [], [check_led_by_keys])
    return 0


if __name__ == "__main__":
    sys.exit(main())
