#!/usr/bin/python3
"""What `catlog schema` prints: valid by others' tools, and true of what commands, receipts and events are.

  schema.py BUILD
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
faults = []


def expect(holds, what):
    if not holds:
        faults.append(what)


class Catlog:
    def __init__(self, build):
        self.program = build / "bin/catlog"

    def says(self, *words):
        return subprocess.run([self.program, *words], text=True, check=True, stdout=subprocess.PIPE).stdout


def checker(schema, name="Command"):
    part = {"$schema": schema["$schema"], "$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}
    return jsonschema.Draft202012Validator(part, format_checker=jsonschema.FormatChecker())


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def check_commands(schema, catlog):
    """Every command of the demo catalogue that the daemon judges, and every example; the refused ones are refused by rules."""
    check = checker(schema)
    commands = [command for path in sorted((ROOT / "ops/demo").glob("*.ndjson")) for command in lines_of(path)]
    expect(len(commands) > 300, f"only {len(commands)} commands in ops/demo")
    described = [json.loads(line) for line in catlog.says("describe", "--json").splitlines()]
    examples = [each["example"] for each in described if "command" in each]
    expect(len(examples) > 45, f"only {len(examples)} examples")
    some_id = "01936b2e-8c00-7000-8000-00000000a001"
    for command in commands + [{"id": some_id, **example} for example in examples]:
        error = next(check.iter_errors(command), None)
        expect(error is None, f"a command that is judged: {json.dumps(command)[:200]}: {error and error.message[:200]}")
    return [{"id": some_id, **example} for example in examples]


def broken(command):
    """The same command with one thing wrong, each in another way."""
    kind = next(name for name in command if name != "id")
    yield "without its id", {key: value for key, value in command.items() if key != "id"}
    yield "with an id that is none", {**command, "id": "7"}
    yield "with two kinds", {**command, "putGenre" if kind != "putGenre" else "removeGenre": {}}
    yield "without its kind", {"id": command["id"]}
    yield "with an unknown field", {**command, "stars": 5}
    yield "with an unknown field within", {**command, kind: {**command[kind], "stars": 5}}
    for name, value in command[kind].items():
        changed = copy.deepcopy(command)
        changed[kind][name] = [] if isinstance(value, dict) else {"no": "such"}
        yield f"with another kind of {name}", changed


def required_left_out(schema, command):
    kind = next(name for name in command if name != "id")
    name = schema["$defs"]["Command"]["properties"][kind]
    name = name.get("$ref", name.get("allOf", [{}])[0].get("$ref")).rpartition("/")[2]
    for field in schema["$defs"][name].get("required", []):
        changed = copy.deepcopy(command)
        changed[kind].pop(field, None)
        yield f"{kind} without {field}", changed


def check_broken(schema, examples, catlog):
    """What the schema does not let through the daemon refuses too, where it can tell without a catalogue."""
    check = checker(schema)
    for example in examples:
        for how, command in [*broken(example), *required_left_out(schema, example)]:
            expect(not check.is_valid(command), f"{how}: {json.dumps(command)[:200]}")
    for command in ({"rateMovie": {"movie": {"id": 1, "tmdbId": 2}}}, {"rateMovie": {"movie": {}}},
                    {"listTitle": {"mediaList": {"id": 1}, "movie": {"id": 1}, "tvShow": {"id": 1}}},
                    {"rateMovie": {"movie": {"tmdbId": 1}, "rating": -1}}, {"putGenre": {"tmdbId": 1, "name": " "}},
                    {"rateMovie": {"movie": {"tmdbId": 2 ** 53 + 1}}}, {"recordSync": {"key": "a", "lastSync": "now"}}):
        command = {"id": examples[0]["id"], **command}
        expect(not check.is_valid(command), f"should not pass: {json.dumps(command)}")
    for command in ({"rateMovie": {"movie": {"tmdbId": "9007199254740993"}, "rating": None}},
                    {"rateMovie": {"movie": {"tmdbId": 1}}, "expectedVersion": None, "wantHead": True}):
        command = {"id": examples[0]["id"], **command}
        expect(check.is_valid(command), f"should pass: {json.dumps(command)}")


def check_answers(schema, build):
    """Receipts, records and the status of a real daemon."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        daemon = subprocess.Popen([build / "bin/catlogd", "--data", data], stdout=subprocess.PIPE, text=True)
        try:
            expect("ready" in daemon.stdout.readline(), "catlogd did not start")
            receipts = []
            for path in sorted((ROOT / "ops/demo").glob("*.ndjson")):
                sent = subprocess.run([build / "bin/catlog", "--data", data, "send", path], text=True, check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                receipts += [json.loads(line) for line in sent.stdout.splitlines()]
            refused = '{"rateMovie":{"movie":{"tmdbId":1},"rating":5}}\n{"putGenre":{"tmdbId":"one"}}\n'
            sent = subprocess.run([build / "bin/catlog", "--data", data, "send", "-"], text=True, check=False, input=refused,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            receipts += [json.loads(line) for line in sent.stdout.splitlines()]
            log = subprocess.run([build / "bin/catlog", "--data", data, "log"], text=True, check=True,
                                 stdout=subprocess.PIPE).stdout
        finally:
            daemon.terminate()
            daemon.wait()
    verdicts = {verdict for receipt in receipts for verdict in receipt}
    expect({"accepted", "unchanged", "refused", "receipts"} <= verdicts, f"the receipts are only {verdicts}")
    records = [json.loads(line) for line in log.splitlines()]
    names = [told for told in (record.pop("names", None) for record in records) if told is not None]
    expect({"movie", "genres", "user"} <= {member for told in names for member in told}, "the log's lines have no names")
    records += lines_of(ROOT / "tests/golden/records.txt")
    for name, answers in (("Receipt", receipts), ("EventRecord", records), ("Names", names)):
        check = checker(schema, name)
        for answer in answers:
            error = next(check.iter_errors(answer), None)
            expect(error is None, f"{name} {json.dumps(answer)[:300]}: {error and error.message[:300]}")
            unknown = set(answer) - set(schema["$defs"][name]["properties"])
            expect(not unknown, f"{name} has members that the schema does not know: {unknown}")
    told = set(schema["$defs"]["Event"]["properties"])
    seen = {name for record in records for name in record["event"]}
    expect(seen == told, f"events that are not in both the records and the schema: {seen ^ told}")
    for record in records:
        (name, event), = record["event"].items()
        if event is not None:
            part = schema["$defs"]["Event"]["properties"][name]
            part = part.get("$ref", part.get("allOf", [{}])[0].get("$ref")).rpartition("/")[2]
            secret = {"passwordHash", "token", "accessToken", "refreshToken"}  # records.txt shows them
            unknown = set(event) - set(schema["$defs"][part]["properties"]) - secret
            expect(not unknown, f"{name} has members that the schema does not know: {unknown}")


def references_of(document):
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from references_of(each)


def check_asyncapi(document):
    """What AsyncAPI 3.0 asks for, by hand: Debian has no checker of it."""
    expect(document["asyncapi"] == "3.0.0" and {"title", "version"} <= set(document["info"]), "its head")
    expect(set(document["channels"]) == {"commands", "changes", "replay", "groups"}, "its channels")
    for name, operation in document["operations"].items():
        expect(operation["action"] in ("send", "receive"), f"{name}'s action")
        expect(operation["channel"]["$ref"] == f"#/channels/{name}", f"{name}'s channel")
        expect(("reply" in operation) == (operation["action"] == "send"), f"{name}'s reply")
    for server in document["servers"].values():
        expect({"host", "protocol"} <= set(server), "a server's host and protocol")
    for message in document["components"]["messages"].values():
        expect(message["payload"] and message["x-zeromq-frames"], f"{message['name']}'s frames")
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft7Validator.check_schema(schema)  # what AsyncAPI's own schemas are a superset of
        jsonschema.Draft202012Validator.check_schema(schema)
        expect(name.isalnum(), name)
    for reference in set(references_of(document)):
        at = document
        for step in reference.removeprefix("#/").split("/"):
            at = at.get(step) if isinstance(at, dict) else None
        expect(at is not None, f"{reference} leads nowhere")


def check_python(types):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "vocabulary.py").write_text(types)
        (folder / "use.py").write_text(
            "from vocabulary import Command, MovieRef, Receipt\n"
            "by_key: MovieRef = {'tmdbId': 603}\n"
            "rated: Command = {'id': '1', 'rateMovie': {'movie': by_key, 'rating': 5.0}}\n"
            "def code(receipt: Receipt) -> str:\n"
            "    return receipt['refused']['code'] if 'refused' in receipt else ''\n")
        (folder / "misuse.py").write_text(
            "from vocabulary import Command, MovieRef\n"
            "none: MovieRef = {'tmdb': 603}\n"
            "rated: Command = {'id': '1', 'rateMovie': {'rating': 5.0}}\n")
        mypy = ["/usr/bin/mypy", "--strict", "--cache-dir", str(folder / "cache"), "--no-error-summary"]
        checked = subprocess.run([*mypy, "vocabulary.py", "use.py"], cwd=folder, text=True, capture_output=True, check=False)
        expect(checked.returncode == 0, f"mypy says of the types: {checked.stdout[:2000]}{checked.stderr}")
        checked = subprocess.run([*mypy, "misuse.py"], cwd=folder, text=True, capture_output=True, check=False)
        wrong = {line.split(":")[1] for line in checked.stdout.splitlines() if line.startswith("misuse.py") and "error" in line}
        expect(wrong == {"2", "3"}, f"mypy takes what is wrong: {checked.stdout}")
        loaded = subprocess.run([sys.executable, "-c", "import use"], cwd=folder, text=True, capture_output=True, check=False)
        expect(loaded.returncode == 0, f"the types cannot be loaded: {loaded.stderr}")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    catlog = Catlog(build)
    schema = json.loads(catlog.says("schema", "--json-schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    examples = check_commands(schema, catlog)
    check_broken(schema, examples, catlog)
    check_answers(schema, build)
    check_asyncapi(json.loads(catlog.says("schema", "--asyncapi")))
    check_python(catlog.says("schema", "--python"))
    for fault in faults[:40]:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
