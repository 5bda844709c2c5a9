"""The house's rooms, what each may include, and what else makes a reader lose the way; a part of ops/check."""
import collections
import pathlib
import re

# A room is a folder; files in it know their room, and these. What is not here may not be included: the order is written
# nowhere else. events, store, commandhandler | projector, bin; the two sides never include each other.
EVENTS = ("events", "events/text", "events/schema")
STORE = EVENTS + ("store", "store/files")
ROOMS = {
    "events": (),
    "events/text": (),
    "events/schema": ("events", "events/text"),
    "events/codec": EVENTS,
    "events/bus": EVENTS,
    "events/client": EVENTS + ("events/codec", "events/bus"),
    "events/export": EVENTS + ("events/codec", "events/bus"),
    "store/files": ("events",),
    "store/pages": ("events", "store/files"),
    "store/lmdb": ("events", "events/text", "store/files", "store/pages"),
    "store": EVENTS + ("store/files", "store/lmdb", "store/pages"),
    "store/backup": STORE + ("events/codec",),
    "store/engine": EVENTS + ("store",),
    "store/engine/etcd": EVENTS + ("store", "store/engine"),
    "commandhandler/state": STORE + ("events/bus",),
    "commandhandler/rules": EVENTS + ("events/codec", "store", "commandhandler/state"),
    "commandhandler": STORE + ("events/codec", "events/bus", "store/engine", "commandhandler/state", "commandhandler/rules"),
    "commandhandler/import": EVENTS + ("events/client",),
    "projector/sqlite": STORE,
    "projector/fold": STORE + ("projector/sqlite",),
    "projector/quarantine": STORE + ("projector/sqlite", "projector/fold"),
    "projector/model": STORE + ("projector/sqlite", "projector/fold", "projector/quarantine"),
    "projector/rebuild": STORE + ("projector/sqlite", "projector/fold", "projector/quarantine", "projector/model"),
    "projector/picture": EVENTS,
    "projector/query": EVENTS + ("events/codec", "projector/sqlite", "projector/quarantine", "projector/picture"),
    "projector/history": STORE + ("events/codec", "projector/sqlite", "projector/quarantine"),
    "projector/names": STORE,
    "projector/feed": STORE + ("events/codec", "events/bus", "projector/names"),
    "projector/groups": STORE + ("events/codec", "events/bus", "projector/names", "projector/feed"),
    "projector": STORE + ("events/bus", "projector/sqlite", "projector/quarantine", "projector/model", "projector/names",
                          "projector/feed"),
    "bin": EVENTS,
    "bin/http": EVENTS + ("events/bus",),
    "bin/keys": EVENTS + ("events/bus", "store/files"),
    "bin/nodes": STORE + ("events/bus", "store/engine", "commandhandler", "projector/groups", "projector/quarantine"),
    "bin/housekeeping": STORE + ("events/bus", "events/client", "store/backup", "bin"),
    "bin/service": EVENTS + ("bin",),
    "bin/torrent/engine": ("events", "events/text"),
    "bin/torrent/scrape": ("events", "events/text"),
    "bin/torrent": EVENTS + ("events/bus", "events/client", "bin", "bin/http", "bin/keys", "bin/service",
                           "bin/torrent/engine", "bin/torrent/scrape"),
    "bin/daemon": STORE + ("events/bus", "store/backup", "store/engine", "store/engine/etcd", "commandhandler", "commandhandler/state", "projector",
                           "projector/feed", "projector/groups", "bin", "bin/http", "bin/housekeeping", "bin/keys",
                           "bin/nodes", "bin/service"),
    "bin/cli": STORE + ("events/codec", "events/bus", "events/client", "events/export", "store/backup", "commandhandler",
                        "commandhandler/state", "commandhandler/import", "projector/sqlite", "projector/quarantine",
                        "projector/model", "projector/rebuild", "projector/query", "projector/picture",
                        "projector/history", "projector/names", "projector/groups", "bin", "bin/housekeeping", "bin/keys"),
}
ALL_OF_OURS = "tests"  # and what is in it may include everything
TOPS = ("events", "store", "commandhandler", "projector", "bin", "tests")
ONLY_IN = {"lmdb.h": "store/lmdb", "sqlite3.h": "projector/sqlite", "grpcpp/grpcpp.h": "store/engine/etcd"}  # and in tests, to look beneath
MAX_FUNCTION_LINES = 70
BOOL_PARAMETER = re.compile(r"[(,] *(?:const )?bool (?!holds\b)\w+ *[,)]")  # `holds`: a condition that is asserted

NO_FUNCTION = re.compile(r" *(//|#|\}|namespace\b|class\b|struct\b|enum\b|union\b|extern \"C\"|else\b|do\b|try\b|if\b|for\b|while\b|"
                         r"switch\b|case\b|default\b|return\b)")
ENDS_BEFORE = re.compile(r"[;{}:]$|^ *(//|#)|[;}]  //")


def room_of(path):
    """The room that a path from the root is in: the longest one, so that a folder of none is in the one above it."""
    folder = pathlib.PurePosixPath(path).parent
    while str(folder) not in ROOMS and folder.parent != folder:
        folder = folder.parent
    return str(folder)


def include_fault(path, target):
    """What is wrong with a file's include of a header of ours, or nothing."""
    if path.parts[0] == ALL_OF_OURS:
        return None
    room, other = room_of(path), room_of(target)
    if other == room or other in ROOMS.get(room, ()):
        return None
    return f"{room} may not include {target}; it may know {', '.join(ROOMS.get(room, ())) or 'no other room'}"


def circles(includes):
    """Circles among files, a header and its source being one; `includes`: a file and the headers of ours it includes."""
    def stem(name):
        return re.sub(r"\.(h|cpp)$", "", str(name))
    leads_to = collections.defaultdict(set)
    for name, targets in includes.items():
        leads_to[stem(name)] |= {stem(target) for target in targets} - {stem(name)}
    state, found = {}, []

    def walk(at, way):
        state[at] = "under way"
        for following in sorted(leads_to.get(at, ())):
            if state.get(following) == "under way":
                found.append(way[way.index(following):] + [following])
            elif following not in state:
                walk(following, way + [following])
        state[at] = "done"
    for name in sorted(leads_to):
        if name not in state:
            walk(name, [name])
    return found


def functions(lines):
    """(first line, lines) of each function with a body of several lines, by how .clang-format lays them out."""
    begun = None
    for number, line in enumerate(lines):
        if begun is None:
            if not line.endswith("{") or "(" not in line + lines[number - 1] or NO_FUNCTION.match(line):
                continue
            first = number  # of a declaration over several lines
            while first > 0 and lines[first - 1].strip() and not ENDS_BEFORE.search(lines[first - 1]):
                first -= 1
            if not NO_FUNCTION.match(lines[first]):
                begun = first, len(lines[first]) - len(lines[first].lstrip(" "))
        elif re.match(" " * begun[1] + r"\}", line):
            yield begun[0] + 1, number - begun[0] + 1
            begun = None


def of_file(path, lines):
    """(line, what to do) for each function that is too long, or whose caller would have to say true or false."""
    for number, line in enumerate(lines, 1):
        if path.parts[0] != "tests" and BOOL_PARAMETER.search(line.partition("//")[0]):
            yield number, "a bool parameter, which says nothing where it is called; make it an enum, or two functions"
    for number, length in functions(lines):
        if length > MAX_FUNCTION_LINES:
            yield number, f"a function of {length} lines, at most {MAX_FUNCTION_LINES}; part it by what it does"
