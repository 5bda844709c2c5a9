"""What a file may include and what it has to include itself; a part of ops/check."""
import pathlib
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'',
                             re.DOTALL)

VOCABULARY = "events/schema/vocabulary.h"
RECORD = "events/schema/record.h"
GENERATED = {"vocabulary.capnp.h": VOCABULARY, "declaration.capnp.h": "events/schema/entity.h"}  # who includes it for all others
RECORD_NAMES = re.compile(r"\b(RecordView|columns_in|set_columns)\b|(?<!class )\bRecordReader\b")

# Headers of others, or folders of them, that cost every file that sees them, and the only headers of ours that may include
# them.
HEAVY = {
    "simdjson.h": {"bin/cli/command_id.h", "commandhandler/import/json_file.h", "tests/support/logged_events.h"},
    "capnp/dynamic.h": {"commandhandler/rules/columns.h", "events/codec/json.h", "events/codec/message.h", "events/schema/shape.h",
                        "projector/history/row_history.h", "tests/support/random_values.h"},
    "capnp/compat/": set(),
    "absl/": {"commandhandler/state/state.h", "projector/fold/fold_rows.h"},
    "fmt/ranges.h": {"tests/support/kills.h"},
    "fmt/chrono.h": set(),
    "CLI/": set(),
    "spdlog/": set(),
    "libtorrent/": {f"bin/torrent/engine/{name}.h" for name in ("layout", "live_film", "session", "settings")},  # of one folder only
    "openssl/": set(),
    "sodium.h": set(),
    "iostream": set(),
    "regex": set(),
}
HEAVY_OUTSIDE_TESTS = ("boost/", "rapidcheck.h", "rapidcheck/")

# What a header names and the headers one of which it includes itself: the precompiled header would hide that it is missing.
# First the one to add.
STANDARD = [(re.compile(names), headers.split()) for names, headers in (
    (r"std::(?:u8|w)?string\b|std::(?:to_string|getline)\b", "string"),
    (r"std::string_view\b|\"\"sv\b", "string_view"),
    (r"std::vector\b", "vector"),
    (r"std::(?:optional|nullopt|make_optional)\b", "optional"),
    (r"std::(?:span|as_bytes)\b", "span"),
    (r"std::(?:function|equal_to|plus|reference_wrapper|c?ref)\b", "functional"),
    (r"std::(?:unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared|enable_shared_from_this)\b", "memory"),
    (r"std::(?:multi)?map\b", "map"),
    (r"std::(?:multi)?set\b", "set"),
    (r"std::unordered_(?:multi)?map\b", "unordered_map"),
    (r"std::unordered_(?:multi)?set\b", "unordered_set"),
    (r"std::deque\b", "deque"),
    (r"std::list\b", "list"),
    (r"std::array\b", "array"),
    (r"std::(?:pair|exchange|as_const|make_pair|in_place)\b", "utility map unordered_map"),
    (r"std::(?:tuple|tie|make_tuple)\b", "tuple"),
    (r"std::(?:variant|visit|monostate|holds_alternative|get_if)\b", "variant"),
    (r"std::(?:un)?expected\b", "expected"),
    (r"std::filesystem\b", "filesystem"),
    (r"std::chrono\b", "chrono"),
    (r"std::(?:j?thread|this_thread)\b", "thread"),
    (r"std::(?:recursive_|timed_)?mutex\b|std::(?:lock_guard|unique_lock|scoped_lock|once_flag|call_once)\b", "mutex"),
    (r"std::condition_variable", "condition_variable"),
    (r"std::atomic", "atomic"),
    (r"std::(?:future|promise|async|packaged_task)\b", "future"),
    (r"std::(?:mt19937|uniform_|random_device|bernoulli_|discrete_)", "random"),
    (r"std::(?:runtime_error|logic_error|invalid_argument|out_of_range|length_error)\b", "stdexcept"),
    (r"std::(?:exception|exception_ptr|current_exception|uncaught_exceptions)\b", "exception stdexcept"),
    (r"std::initializer_list\b", "initializer_list"),
    (r"std::[io]?stream\b", "iosfwd istream ostream iostream fstream sstream"),
    (r"std::[io]?fstream\b", "fstream"),
    (r"std::[io]?stringstream\b", "sstream"),
    (r"std::byte\b|\bptrdiff_t\b", "cstddef span"),
    (r"\bsize_t\b", "cstddef cstdint cstdlib cstring cstdio string string_view vector span array map set deque"),
    (r"\bu?int(?:8|16|32|64|ptr)_t\b", "cstdint"),
    (r"\b(?:ssize_t|pid_t|off_t)\b", "sys/types.h unistd.h sys/wait.h sys/stat.h"),
    (r"std::(?:mem(?:cpy|cmp|set|move)|strlen|strerror|strcmp)\b", "cstring"),
    (r"std::(?:from_chars|to_chars)\b", "charconv"),
    (r"std::(?:ranges::|sort|find_if|any_of|all_of|none_of|min|max|clamp|copy|lower_bound|upper_bound)\b", "algorithm"),
    (r"std::numeric_limits\b", "limits"),
    (r"std::(?:error_code|system_error|errc)\b", "system_error"),
    (r"std::(?:strong|weak|partial)_ordering\b|<=>", "compare"),
    (r"std::pmr\b", "memory_resource"),
    (r"std::(?:bit_cast|endian|popcount|bit_width)\b", "bit"),
    (r"\bfmt::", "fmt/format.h fmt/core.h fmt/ranges.h"),
    (r"\babsl::flat_hash_map\b", "absl/container/flat_hash_map.h projector/fold/fold_rows.h"),
    (r"\babsl::flat_hash_set\b", "absl/container/flat_hash_set.h"),
    (r"\bsimdjson::", "simdjson.h"),
    (r"\bzmq::", "zmq.hpp events/bus/bus.h tests/support/bus_peers.h"),
    (r"\bcapnp::Any", "capnp/any.h capnp/dynamic.h events/schema/model.h events/schema/record.h"),
    (r"\bcapnp::(?:Struct|Enum|List)?Schema\b", "capnp/schema.h capnp/dynamic.h events/schema/model.h"),
    (r"\bcapnp::Dynamic", "capnp/dynamic.h events/codec/json.h events/codec/message.h events/schema/shape.h"),
    (r"\bcapnp::(?:FlatArrayMessage|messageTo)", "capnp/serialize.h events/schema/record.h"),
    (r"\bcapnp::\w*Message(?:Builder|Reader)\b", "capnp/message.h capnp/serialize.h events/codec/message.h events/schema/record.h"),
)]


class Vocabulary:
    """What files can name of the generated vocabulary: its types, and its fields' accessors."""

    def __init__(self, root):
        declared = (root / "events/schema/vocabulary.capnp").read_text(encoding="utf-8")
        types = re.findall(r"^\s*(?:struct|enum) (\w+)", declared, re.MULTILINE)
        fields = {name[0].upper() + name[1:] for name in re.findall(r"^\s*(\w+) (?:@\d+ )?:", declared, re.MULTILINE)}
        self.names = re.compile(rf"\bschema::({'|'.join(types)})\b|(?:\.|->)(?:get|set|init|has|is)({'|'.join(fields)})\(")


def plain(text):
    """The code without comments and the insides of literals, line for line."""
    return COMMENT_OR_TEXT.sub(lambda found: '""' + "\n" * found[0].count("\n") if found[0][0] != "/"
                               else "\n" * found[0].count("\n"), text)


def includes(lines):
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[1], found[2]


def vocabulary_faults(path, found, code, vocabulary):
    """The vocabulary where it is not read, and the generated headers where they are not handed on."""
    for number, _, target in found:
        through = GENERATED.get(pathlib.PurePosixPath(target).name)
        if through and str(path) != through:
            yield number, f"only {through} includes {target}; include \"{through}\" instead"
        if target == VOCABULARY and str(path) != RECORD and not vocabulary.names.search(code):
            yield number, f"{target} is 28,000 lines, of which this file names nothing; take the include out, or name it"
        if target == RECORD and not RECORD_NAMES.search(code) and not vocabulary.names.search(code):
            yield number, f"{target} brings the vocabulary, and this file names nothing of either; forward declare, or take it out"


def is_in(target, names):
    return any(target.startswith(name) if name.endswith("/") else target == name for name in names)


def heavy_faults(path, found):
    if path.suffix != ".h":
        return
    for number, _, target in found:
        if is_in(target, [heavy for heavy, allowed in HEAVY.items() if str(path) not in allowed]):
            yield number, f"{target} is too heavy for a header; include it in the .cpp (ops/check_includes.py: HEAVY)"
        if is_in(target, HEAVY_OUTSIDE_TESTS) and path.parts[0] != "tests":
            yield number, f"{target} is for tests only"


def standard_faults(path, found, code):
    if path.suffix != ".h":
        return
    own = {target for _, _, target in found}
    lines = code.splitlines()
    for names, headers in STANDARD:
        if own.isdisjoint(headers):
            number, name = next(((number, used[0]) for number, line in enumerate(lines, 1)
                                 if not INCLUDE.match(line) and (used := names.search(line))), (None, None))
            if number:
                yield number, f"names {name.strip()}: include <{headers[0]}> in this header itself"


def own_header_faults(root, path, found):
    """A .cpp that begins with its header shows that the header stands alone; others are compiled in the build."""
    own = path.with_suffix(".h")
    if path.suffix == ".cpp" and (root / own).is_file() and (not found or found[0][2] != str(own)):
        yield found[0][0] if found else 1, f"\"{own}\" comes first, so that it is seen to stand alone"


def faults(root, path, text, vocabulary):
    """(line, what to do) for each include of a file of ours that should not be there, or is not."""
    found = list(includes(text.splitlines()))
    code = plain(text)
    yield from vocabulary_faults(path, found, code, vocabulary)
    yield from heavy_faults(path, found)
    yield from standard_faults(path, found, code)
    yield from own_header_faults(root, path, found)
