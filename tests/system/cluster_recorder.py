"""Writes each command down before it is sent and each receipt when it comes, and holds three logs against that."""
import base64
import http.client
import json
import pathlib
import re
import sqlite3
import subprocess
import threading
import time
import urllib.request
import uuid

import machines  # of ops

COMMANDS_A_ROUND = 20
ROUNDS_A_LARGE_BATCH = 15
LARGE_BATCHES, LARGE_BATCH, OVERVIEW = 3, 32, "What it is about. " * 1200  # over a MiB together: in parts
LONGEST_ROUND_S = 600  # longer than anything may take to come back
PASSING = {"storageFull", "busy", "notLeader"}  # to be sent again
UNREACHABLE = 6
TERM_AT = slice(8, 16)  # of a batch, store/engine/README.md


class Lost(Exception):
    """Something does not hold that must."""


class Recorder(threading.Thread):
    """Sends commands until it is told to end; what was sent, and what came."""

    def __init__(self, three, folder):
        super().__init__()
        self.three, self.over, self.failed = three, threading.Event(), None
        self.sent_file, self.receipts_file = folder / "sent.ndjson", folder / "receipts.ndjson"
        self.sent, self.accepted, self.rounds, self.is_abandoned = {}, {}, 0, False

    def run(self):
        try:
            while not self.over.is_set():
                self.one_round()
        except Exception as failure:  # told by who asks
            self.failed = failure

    def commands(self):
        for number in range(self.rounds * COMMANDS_A_ROUND, (self.rounds + 1) * COMMANDS_A_ROUND):
            yield {"id": str(uuid.uuid4()), "putGenre": {"tmdbId": number + 1, "name": f"Genre {number}"}}
        for batch in range(LARGE_BATCHES if self.rounds % ROUNDS_A_LARGE_BATCH == 3 else 0):
            first = (self.rounds * LARGE_BATCHES + batch) * LARGE_BATCH + 1
            yield {"id": str(uuid.uuid4()), "batch": {"commands": [
                {"id": str(uuid.uuid4()), "putMovie": {
                    "tmdbId": number, "title": f"Movie {number}", "overview": OVERVIEW, "releaseDate": "2010-09-27", "poster": "",
                    "backdrop": ""}} for number in range(first, first + LARGE_BATCH)]}}

    def one_round(self):
        pending = {command["id"]: json.dumps(command) for command in self.commands()}
        self.rounds += 1
        with open(self.sent_file, "a", encoding="utf-8") as sent:
            sent.writelines(f"{line}\n" for line in pending.values())
        self.sent.update(pending)
        ends = time.monotonic() + LONGEST_ROUND_S
        while pending and not self.is_abandoned:
            self.send(pending)
            if time.monotonic() > ends:
                raise Lost(f"{len(pending)} commands got no receipt within {LONGEST_ROUND_S} s")

    def send(self, pending, endpoint=None):
        """Takes out of `pending` what was accepted."""
        command = [self.three.programs / "catlog", "send", "-", "--endpoint", endpoint or self.three.endpoints(), "--wait-s", "20"]
        with subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as sender, open(self.receipts_file, "a", encoding="utf-8") as receipts:
            writer = threading.Thread(target=self._write, args=(sender, list(pending.values())))
            writer.start()
            for line in sender.stdout:
                receipts.write(line)
                receipts.flush()
                self.take(json.loads(line), pending)
            writer.join()
            said = sender.stderr.read()
        if sender.returncode not in (0, 1, UNREACHABLE):
            raise Lost(f"catlog send ended with {sender.returncode}: {said[-500:]}")

    @staticmethod
    def _write(sender, lines):
        try:
            sender.stdin.writelines(f"{line}\n" for line in lines)
            sender.stdin.close()
        except BrokenPipeError:
            pass

    def take(self, receipt, pending):
        if "receipts" in receipt or "accepted" in receipt:
            self.accepted[receipt["id"]] = receipt
            pending.pop(receipt["id"], None)
        elif receipt.get("refused", {}).get("code") not in PASSING:
            raise Lost(f"a receipt that nothing here is for: {receipt}")

    def abandon(self):
        """Nobody asks any more."""
        self.is_abandoned = True
        self.over.set()
        if self.is_alive():
            self.join()

    def end(self):
        self.over.set()
        self.join()
        if self.failed:
            raise self.failed


def firsts(receipt):
    """The position and the id of each accepted command in a receipt."""
    for one in receipt.get("receipts", [receipt]):
        if "accepted" in one:
            yield int(one["accepted"]["firstPosition"]), one["id"]


def batches_in_etcd(three):
    """The revision and term of each batch that etcd keeps; nothing: none of them answers now."""
    encode = lambda text: base64.b64encode(text.encode()).decode()
    question = json.dumps({"key": encode("/catlog/demo/batch/"), "range_end": encode("/catlog/demo/batch0")}).encode()
    for place in three.places.values():
        try:
            request = urllib.request.Request(f"http://{place.client()}/v3/kv/range", question)
            with urllib.request.urlopen(request, timeout=10) as answer:
                found = json.load(answer).get("kvs", [])
        except (OSError, http.client.HTTPException):  # it is down, or goes down while it answers
            continue
        return [(int(one["mod_revision"]), int.from_bytes(base64.b64decode(one["value"])[TERM_AT], "little")) for one in found]
    return None


def check_terms(three):
    """A term begins at the revision that is its number: from then on no earlier one writes anything."""
    begun = {int(term) for node in three.nodes.values() for term in re.findall(r"\(term (\d+)\)", node.said())}
    batches = []

    def are_told():
        found = batches_in_etcd(three)
        batches.extend(found or ())
        return found is not None
    machines.until("an etcd answers", are_told)
    for revision, term in batches:
        later = [other for other in begun if term < other < revision]
        if later:
            raise Lost(f"a batch of term {term} was written at revision {revision}, when term {later[0]} had begun")


def digests(three, name, head):
    """Of the read model's tables, once it has the log."""
    def read():
        with sqlite3.connect(f"file:{three.data(name)}/readmodel/current.sqlite?mode=ro", uri=True) as rows:
            position, = rows.execute("SELECT position FROM projection_checkpoint").fetchone()
            return position == head and sorted(rows.execute("SELECT tableName, rowCount, digest FROM projection_digests"))
    return machines.until(f"{name}'s read model is at {head}", read)


def check_what_is_shown(three, head):
    """Each node's `catlog status` and metrics know how far all are, and one says that it leads."""
    def are_known():
        known = [three.status(name).get("cluster", {}) for name in machines.NAMES]
        return [each.get("leads") for each in known].count(True) == 1 and all(
            each.get("holds") == dict.fromkeys(machines.NAMES, head) for each in known)
    machines.until(f"each node's status shows all of them at {head}", are_known)

    def lag():
        lines = [line for name in machines.NAMES for line in three.metrics(name)]
        leads = [line for line in lines if line.startswith("catlog_cluster_leads ")]
        lags = [line for line in lines if line.startswith("catlog_cluster_node_lag_events{")]
        return sorted(line.split()[1] for line in leads) == ["0", "0", "1"] and len(lags) == 9 and all(
            line.endswith(" 0") for line in lags)
    machines.until("each node's metrics show that none lags", lag)
    ops = pathlib.Path(__file__).resolve().parents[2] / "ops"
    shown = "\n".join(line for name in machines.NAMES for line in three.metrics(name))
    for document in ("RUNBOOK.md", "alerts.yml"):
        for metric in set(re.findall(r"catlog_cluster_[a-z_]+[a-z]", (ops / document).read_text(encoding="utf-8"))):
            if metric not in shown:
                raise Lost(f"ops/{document} names {metric}, which no node shows")


def check(three, recorder):
    """All that must hold, once every node runs; a line with how much it was."""
    if len(recorder.accepted) != len(recorder.sent):
        raise Lost(f"{len(recorder.sent)} commands, {len(recorder.accepted)} of them accepted")
    heads = three.until_equal()
    if len(set(heads.values())) != 1:
        raise Lost(f"the roots differ: {heads}")
    check_terms(three)
    of_all = set()
    for name, (head, _) in heads.items():
        at, ids = {}, set()
        log = three.catlog("log", node=name)
        for event in map(json.loads, log.stdout.splitlines()):
            at[int(event["position"])] = event["commandId"]
            of_command = event["commandId"], event.get("index", 0)  # which of its events
            if of_command in ids:
                raise Lost(f"{name} has command {event['commandId']} twice")
            ids.add(of_command)
        if log.returncode != 0 or len(at) != head:
            raise Lost(f"{name} shows {len(at)} of {head} events: {log.stderr[-500:]}")
        for receipt in recorder.accepted.values():
            for position, command in firsts(receipt):
                if at.get(position) != command:
                    raise Lost(f"{name} has not at position {position} what was acknowledged: {command}")
        verified = three.catlog("verify", node=name)
        if verified.returncode != 0:
            raise Lost(f"catlog verify of {name}: {verified.stdout[-500:]} {verified.stderr[-500:]}")
        of_all.add(str(digests(three, name, head)))
    check_what_is_shown(three, head)
    if len(of_all) != 1:
        raise Lost(f"the read models' digests differ: {of_all}")
    before = dict(recorder.accepted)
    pending = dict(recorder.sent)
    recorder.send(pending)
    differ = [id_ for id_, receipt in recorder.accepted.items() if receipt != before[id_]]
    if pending or differ:
        raise Lost(f"sent again, {len(pending)} got none and {len(differ)} another receipt: {[before[id_] for id_ in differ[:1]]}")
    head, root = heads[machines.NAMES[0]]
    return f"{len(before)} commands accepted, none lost, doubled or moved; {head} events, root {root}, digests equal on each node"
