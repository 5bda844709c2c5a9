#!/usr/bin/env python3
"""What ops/build shows of a build, in a scratch tree with a program of its own."""
import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAMS = 30
PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
foreach(i RANGE 1 {PROGRAMS})
  file(CONFIGURE OUTPUT ${{CMAKE_BINARY_DIR}}/part_${{i}}.cpp CONTENT "int part_${{i}}() {{ return ${{i}}; }}")
  list(APPEND parts ${{CMAKE_BINARY_DIR}}/part_${{i}}.cpp)
endforeach()
add_executable(small small.cpp ${{parts}})
add_executable(other small.cpp)
"""


def expect(condition, what, said):
    if not condition:
        raise SystemExit(f"expected {what}; it said:\n{said}")


def build(root, *arguments):
    done = subprocess.run([root / "ops/build", *arguments], capture_output=True, text=True, check=False)
    expect(done.stdout == "", "nothing on stdout", done.stdout)
    return done.returncode, done.stderr


def build_on_terminal(root, *arguments):
    """Its exit code, and what a terminal is sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([root / "ops/build", *arguments], stdout=theirs, stderr=theirs) as begun:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(ours)
    return begun.returncode, said.decode()


def test(root):
    (root / "ops").mkdir()
    shutil.copy2(ROOT / "ops/build", root / "ops")
    shutil.copy2(ROOT / "CMakePresets.json", root)
    source = root / "small.cpp"
    source.write_text("int main() {}\n", encoding="utf-8")

    (root / "CMakeLists.txt").write_text("project(small\n", encoding="utf-8")
    code, said = build(root)
    expect(code != 0 and "CMake Error" in said and "build/release/build.log" in said, "why CMake fails", said)

    (root / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
    code, said = build(root, "release", "small")
    lines = said.splitlines()
    expect(code == 0 and 1 < len(lines) <= 11 and "steps" in lines[0] and "100 %" in lines[-1], "some lines", said)
    expect("small.cpp" not in said and "-- " not in said, "neither ninja's lines nor CMake's", said)
    expect("small.cpp" in (root / "build/release/build.log").read_text(encoding="utf-8"), "the whole in the log", "")
    expect((root / "build/release/small").exists() and not (root / "build/release/other").exists(), "one target", said)
    expect(build(root, "release", "small") == (0, ""), "nothing when there is nothing to do", build(root, "release", "small"))

    code, said = build(root, "release", "nothing")
    expect(code != 0 and "ninja: error: unknown target 'nothing'" in said, "why ninja fails", said)
    for suites in ("unit.one|unit.two", ""):
        said = build(root, "release", *(["--suites", suites] if suites else []), "small")
        cache = (root / "build/release/CMakeCache.txt").read_text(encoding="utf-8")
        expect(said[0] == 0 and re.search(f"^CATLOG_SUITES:[A-Z]*={re.escape(suites)}$", cache, re.M), f"suites {suites}", said)

    code, said = build_on_terminal(root)
    expect(code == 0 and said.count("\n") == 2 and "\r" in said, "two lines, one of them rewritten", said)

    source.write_text("int main() { return wrong; }\n", encoding="utf-8")
    code, said = build(root)
    expect(code != 0 and "small.cpp:1:21: error:" in said and "FAILED: " in said, "the compiler's error", said)
    expect("c++ " not in said and "build/release/build.log" in said, "the log's name, and no command", said)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="catlog-build-") as scratch:
        test(pathlib.Path(scratch))
