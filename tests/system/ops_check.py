#!/usr/bin/env python3
"""Breaks house rules in a scratch tree, each in a file of its own, and expects ops/check to name each of them."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

OPS = pathlib.Path(__file__).resolve().parent.parent.parent / "ops"
sys.dont_write_bytecode = True
sys.path.append(str(OPS))
import check_decisions  # noqa: E402, a part of ops/check

ROOMS = ("events", "store", "commandhandler", "projector", "bin", "tests", "ops")
DECISIONS = """# Decisions

- [1](#d1) The first: stands
- [2](#d2) The second: superseded by 1
- [3](#d3) The third: withdrawn

## 1. The first <a id="d1"></a>

*2026-11-23; stands*.

## 2. The second <a id="d2"></a>

*2026-11-23; superseded by 1*: words.

## 3. The third <a id="d3"></a>

*2026-11-23; withdrawn*.
"""
VOCABULARY = """@0xd417725551ab927a;
struct Movie {
  title @0 :Text;
}
enum RefusalCode { invalid @0; }
"""
HOUSE = {  # a tree in which every rule holds
    "DECISIONS.md": DECISIONS,
    "events/schema/vocabulary.capnp": VOCABULARY,
    "events/schema/vocabulary.h": '#pragma once\n#include "vocabulary.capnp.h"\n',
    "events/schema/record.h": '#pragma once\n#include "events/schema/vocabulary.h"\n\nclass RecordView {};\n',
    "events/small.h": "#pragma once\n#include <cstdint>\n#include <string>\n\n// std::vector in a comment is none\n"
                      "inline uint64_t length(const std::string& text) { return text.size(); }\n",
    "projector/names.cpp": '#include "events/schema/vocabulary.h"\n\nint code(schema::RefusalCode code);\n',
    "projector/reads.cpp": '#include "events/schema/vocabulary.h"\n\nint size() { return movie.getTitle().size(); }\n',
    "projector/views.cpp": '#include "events/schema/record.h"\n\nvoid look(const RecordView& record);\n',
    "projector/parse.cpp": '#include <simdjson.h>\n\nint parsed = 0;\n',
    "store/pair.h": "#pragma once\n\nint pair();  // decision 1\n",
    "store/pair.cpp": '#include "store/pair.h"\n\nint pair() { return 2; }\n',
}
PRINTED = "print by bin/cli/output.h"
def suite(name):
    return f"BOOST_AUTO_TEST_SUITE({name})\n\nBOOST_AUTO_TEST_CASE(is_run) {{}}\n\nBOOST_AUTO_TEST_SUITE_END()\n"


BROKEN = {  # a file, what is in it, the line that breaks a rule, and words of what is said about it
    "projector/unread.cpp": ('#include "events/schema/vocabulary.h"\n\n// schema::Movie in a comment is none\nint a = 0;\n', 1,
                             "names nothing"),
    "projector/forwards.h": ('#pragma once\n#include "events/schema/record.h"\n\nclass RecordReader;\n', 2, "names nothing"),
    "tests/support/generated.cpp": ('#include "vocabulary.capnp.h"\n\nschema::Movie movie;\n', 1, "only events/schema/vocabulary.h"),
    "tests/unit/alone_test.cpp": ("BOOST_AUTO_TEST_CASE(in_none) {}\n", 1, "between BOOST_AUTO_TEST_SUITE(alone_test)"),
    "bin/json.h": ("#pragma once\n#include <simdjson.h>\n", 2, "too heavy"),
    "bin/options.h": ("#pragma once\n#include <CLI/CLI.hpp>\n", 2, "too heavy"),
    "store/says.h": ("#pragma once\n#include <spdlog/spdlog.h>\n", 2, "too heavy"),
    "commandhandler/torrent.h": ("#pragma once\n#include <libtorrent/magnet_uri.hpp>\n", 2, "too heavy"),
    "projector/reflects.h": ("#pragma once\n#include <capnp/dynamic.h>\n", 2, "too heavy"),
    "store/asserts.h": ("#pragma once\n#include <boost/test/unit_test.hpp>\n", 2, "for tests only"),
    "events/hidden.h": ("#pragma once\n#include <string>\n\nstd::vector<std::string> words();\n", 4, "include <vector>"),
    "events/width.h": ("#pragma once\n\nint64_t width();\n", 3, "include <cstdint>"),
    "store/later.h": ("#pragma once\n\nint later();\n", None, None),
    "store/later.cpp": ('#include <string>\n\n#include "store/later.h"\n', 1, "comes first"),
    "store/upwards.cpp": ('#include "projector/rows.h"\n', 1, "may not include"),
    "projector/rows.h": ("#pragma once\n", None, None),
    "store/raw.cpp": ("#include <sqlite3.h>\n", 1, "only projector/sqlite includes"),
    "projector/model/raw.cpp": ("#include <sqlite3.h>\n", 1, "only projector/sqlite includes"),
    "store/raw_too.cpp": ("#include <lmdb.h>\n", 1, "only store/lmdb includes"),
    "projector/sqlite/against.cpp": ('#include "projector/model/above.h"\n', 1, "projector/sqlite may not include"),
    "projector/model/above.h": ("#pragma once\n", None, None),
    "projector/model/below.cpp": ('#include "projector/sqlite/beneath.h"\n', None, None),
    "projector/sqlite/beneath.h": ("#pragma once\n", None, None),
    "store/one.h": ('#pragma once\n#include "store/two.h"\n', None, None),
    "store/two.h": ("#pragma once\n", None, None),
    "store/two.cpp": ('#include "store/two.h"\n\n#include "store/one.h"\n', None, None),
    "store/one": (None, 1, "a circle of includes: store/one -> store/two -> store/one"),  # by stems
    "store/endless.cpp": ("int endless() {\n" + "  call();\n" * 69 + "}\n", 1, "a function of 71 lines"),
    "store/yes.h": ("#pragma once\n\nvoid fill(int size, bool is_quick);\n", 3, "a bool parameter"),
    "store/holds.h": ("#pragma once\n\nvoid require(bool holds, int otherwise);\nbool is_quick(int size);\n", None, None),
    "store/whole.cpp": ("int whole() {\n" + "  call();\n" * 68 + "}\n", None, None),
    "store/built.cpp": ("Built::Built()\n    : a_(" + "1" * 100 + ") {\n" + "  call();\n" * 69 + "}\n", 1, "a function of 72 lines"),
    "events/left.cpp": ("// " + "TO" + "DO\n", 1, "leftover"),
    "store/util/thing.cpp": ("int thing = 0;\n", 1, "never util"),
    "store/long.cpp": ("int a();\n" * 401, 401, "401 lines"),
    "store/angles.cpp": ('#include <store/pair.h>\n', 1, "angle brackets"),
    "store/quotes.cpp": ('#include "string"\n', 1, "no header of ours"),
    "store/layout.cpp": ("int  a = 0;\n", 1, "clang-format -i"),
    "bin/cli/streams.cpp": ('void f() { std::cout << "x"; }\n', 1, PRINTED),
    "bin/cli/errors.cpp": ('void f() { std::cerr << "x"; }\n', 1, PRINTED),
    "bin/cli/hands_on.cpp": ("void f() { g(std::cout); }\n", 1, PRINTED),
    "bin/cli/refers.cpp": ("std::ostream& out = std::cout;\n", 1, PRINTED),
    "bin/cli/formats.cpp": ('void f() { fmt::print("x"); }\n', 1, PRINTED),
    "bin/cli/files.cpp": ('void f() { std::fputs("x", stderr); }\n', 1, PRINTED),
    "bin/cli/hands_file.cpp": ("void f() { g(stdout); }\n", 1, PRINTED),
    "bin/cli/calls.cpp": ('void f() { ::write(1, "x", 1); }\n', 1, PRINTED),
    "bin/cli/flushes.cpp": ("// std::cout << is for output.h\nbool f() { return !std::cout.flush() || !std::cout; }\n",
                            None, None),
    "bin/cli/output.cpp": ('void f() { std::cout << "x"; }\n', None, None),
    "store/reasoned.h": ("#pragma once\n\nint odd();  // decision 4\n", 3, "has no decision 4"),
    "elsewhere/thing.cpp": ("int thing = 0;\n", 1, "no part of the house"),
    "stray.txt": ("words\n", 1, "no part of the house"),
    "ops/not_executable": ("#!/bin/sh\n", 1, "chmod +x"),
    "ops/wrong.sh": ("#!/usr/bin/env bash\nif true; then\n", 3, "syntax error"),
    "commandhandler": (None, 1, "has none of"),  # its README.md goes
    "tests/unit/known_test.cpp": (suite("known_test"), None, None),
    "tests/unit/unbuilt_test.cpp": (suite("unbuilt_test"), 1, "in no build"),
    "tests/unit/nameless.cpp": ("int nameless = 0;\n", 1, "in no build"),
}
BROKEN_DECISIONS = (  # what is put in place of what, the line that breaks a rule, and words of what is said about it
    ("- [1](#d1) The first: stands\n", "", 1, "has no decision 1"),
    ("The second: superseded by 1", "The second: stands", 4, "says something else than decision 2"),
    ("[3](#d3)", "[3](#d2)", 5, "says something else than decision 3"),
    ("[3](#d3)", "[9](#d9)", 5, "says something else than decision 9"),
    (' <a id="d2"></a>', "", 11, "end its heading"),
    ("; superseded by 1*: words", "; perhaps*", 11, "without its state"),
    ("*2026-11-23; withdrawn*.", "\n".join(["*2026-11-23; withdrawn*."] + ["words"] * 12), 15, "of 13 lines"),
    ("## 3. The third", "## 4. The third", 15, "decision 3 is due"),
)
TESTS_IN_BUILD = "add_test(unit.known true)\nadd_test(unit.alone true)\n"


def checked(root):
    done = subprocess.run([root / "ops/check", "--build", root / "build"], capture_output=True, text=True, check=False)
    return done.returncode, [line for line in done.stdout.splitlines() if not line.startswith("note: ")], done


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!") and "not_executable" not in name:
            path.chmod(0o755)


def unseen_in_decisions():
    """What is not said of decisions that do not stand as they must."""
    assert not list(check_decisions.faults(DECISIONS.splitlines()))
    for old, new, line, words in BROKEN_DECISIONS:
        assert old in DECISIONS
        found = list(check_decisions.faults(DECISIONS.replace(old, new).splitlines()))
        if not any(number == line and words in message for number, message in found):
            yield f"decisions with {new!r} for {old!r}: expected {[line, words]}, found {found}"


def run():
    """Whether every planted violation is found at its place, nothing else is, and each makes the check fail."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="catlog-check-") as scratch:
        root = pathlib.Path(scratch)
        write(root, {f"{room}/README.md": room + "\n" for room in ROOMS} | HOUSE)
        for part in OPS.glob("check*"):
            if part.is_file():
                shutil.copy2(part, root / "ops")
        shutil.copy2(OPS.parent / ".clang-format", root)
        write(root, {"build/compile_commands.json": "[]", "build/CTestTestfile.cmake": TESTS_IN_BUILD})
        status, found, done = checked(root)
        if status != 0:
            wrong.append(f"a tree in which the rules hold is refused: {found} {done.stderr}")
        write(root, {name: broken[0] for name, broken in BROKEN.items() if broken[0] is not None})
        (root / "commandhandler/README.md").unlink()
        status, found, done = checked(root)
        if status != 1:
            wrong.append(f"a tree in which rules are broken ends with {status} {done.stderr}")
        for name, (_, line, words) in BROKEN.items():
            if name == "store/layout.cpp" and "layout not checked" in done.stdout:
                continue
            said = [place for place in found if place.startswith(f"{name}:")]
            if line is None and said or line and (len(said) != 1 or not said[0].startswith(f"{name}:{line}:")
                                                  or words not in said[0]):
                wrong.append(f"{name}: expected {[line, words]}, found {said}")
        wrong += [f"found what was not planted: {place}" for place in found if place.partition(":")[0] not in BROKEN]
    wrong += unseen_in_decisions()
    planted = sum(1 for broken in BROKEN.values() if broken[1]) + len(BROKEN_DECISIONS)
    print("\n".join(wrong) if wrong else f"{planted} violations planted, all found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(run())
