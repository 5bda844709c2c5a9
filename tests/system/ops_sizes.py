#!/usr/bin/env python3
"""ops/sizes over a small house whose figures are known."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

OPS = pathlib.Path(__file__).resolve().parent.parent.parent / "ops"
HOUSE = {
    "store/pair.h": "#pragma once\n\n// Two.\nint pair();\n",
    "store/pair.cpp": '#include "store/pair.h"\n\nint pair() {\n  return 2;\n}\n',
    "store/lmdb/long.cpp": "int whole() {\n" + "  call();\n" * 68 + "}\n\nint endless() {\n" + "  call();\n" * 69 + "}\n",
    "tests/unit/pair_test.cpp": "int one();\nint two();\n",
    "tests/README.md": "words\n",
    "ops/thing.cpp": "int not_in_a_room();\n",
}
EXPECTED = {  # files, lines, median, largest; functions, median, over 70; contract
    "store": "2 9 4 5 1 3 0.0 % 33.3 %",
    "store/lmdb": "1 142 142 142 2 70 50.0 % -",
    "tests/unit": "1 2 2 2 0 - - -",
    "all but tests": "3 151 5 142 3 70 33.3 % 33.3 %",
    "all": "4 153 4 142 3 70 33.3 % 33.3 %",
}


def run():
    wrong = []
    with tempfile.TemporaryDirectory(prefix="catlog-sizes-") as scratch:
        root = pathlib.Path(scratch)
        for name, text in HOUSE.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        for part in ("sizes", "check_rooms.py"):
            shutil.copy2(OPS / part, root / "ops")
        done = subprocess.run([root / "ops/sizes", "--largest", "1"], capture_output=True, text=True, check=False)
        table, *longest = done.stdout.split("\n\n")
        found = {" ".join(words): figures for words, figures in map(parts, table.splitlines()[1:])}
        if done.returncode != 0 or found != EXPECTED:
            wrong.append(f"expected {EXPECTED}, found {found} {done.stderr}")
        expected = ["the longest files, lines\n  142  store/lmdb/long.cpp",
                    "the longest functions, lines\n   71  store/lmdb/long.cpp:72\n"]
        if longest != expected:
            wrong.append(f"expected {expected}, found {longest}")
        for name in HOUSE:
            (root / name).unlink()
        done = subprocess.run([root / "ops/sizes"], capture_output=True, text=True, check=False)
        if done.returncode != 1 or "no C++ file" not in done.stderr:
            wrong.append(f"a house without files ends with {done.returncode} {done.stderr}")
    print("\n".join(wrong) if wrong else "the figures of a small house are right")
    return 1 if wrong else 0


def parts(line):
    """The words of the room's name, and the rest."""
    words = line.split()
    first = next(at for at, word in enumerate(words) if word.isdigit())
    return words[:first], " ".join(words[first:])


if __name__ == "__main__":
    sys.exit(run())
