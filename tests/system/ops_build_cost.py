#!/usr/bin/env python3
"""ops/build-cost over a small repository of two commits: one executable for each suite, then one for each label."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
find_program(CCACHE ccache)
if(CCACHE)
  message(FATAL_ERROR "ccache is looked for although nobody asks for it")
endif()
include_directories(${CMAKE_SOURCE_DIR})
file(GLOB_RECURSE rules commandhandler/rules_titles.cpp)
add_library(room ${rules})
add_executable(catlogd program.cpp)
add_executable(catlog program.cpp)
add_executable(TEST program.cpp)
target_link_libraries(TEST room)
enable_testing()
add_test(NAME unit.rules_titles COMMAND TEST)
"""


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def commit(root, target):
    write(root, "CMakeLists.txt", PROJECT.replace("TEST", target))
    for arguments in (["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-q", "-m", target]):
        subprocess.run(["git", "-C", root, *arguments], check=True)


def expect(condition, what, done):
    if not condition:
        raise SystemExit(f"expected {what}; it said:\n{done.stdout}{done.stderr}")


def measure(root, *arguments):
    return subprocess.run([root / "ops/build-cost", *arguments], capture_output=True, text=True, check=False)


def test(root):
    subprocess.run(["git", "init", "-q", root], check=True)
    write(root, "commandhandler/rules_titles.cpp", "int titles = 0;\n")
    write(root, "projector/model/generations.h", "#include <string>\n")
    write(root, "program.cpp", '#include "projector/model/generations.h"\n\nint main() { return std::string().size(); }\n')
    (root / "ops").mkdir()
    shutil.copy2(ROOT / "ops/build-cost", root / "ops")
    shutil.copy2(ROOT / "CMakePresets.json", root)
    commit(root, "test_unit_rules_titles")
    write(root, "commandhandler/rules/rules_titles.cpp", "int titles = 0;\n")  # moved since
    (root / "commandhandler/rules_titles.cpp").unlink()
    commit(root, "test_unit")

    done = measure(root)
    expect(done.returncode == 0 and done.stdout.startswith("this:  "), "figures", done)
    for figure in ("README's first command, CPU s", "README's first command, wall s", "what ops/test builds, CPU s",
                   "touch rules_titles.cpp, wall s", "touch generations.h, wall s", "program.cpp"):
        expect(re.search(rf"^{re.escape(figure)} +\d+\.\d +\d+\.\d +\d+\.\d\d$", done.stdout, re.MULTILINE), figure, done)
    write(root, "program.cpp", "int main() { return none; }\n")
    commit(root, "test_unit")
    done = measure(root, "--programs")
    expect(done.returncode == 1 and re.search(r"^README's first command, CPU s +- +\d+\.\d +-$", done.stdout, re.MULTILINE),
           "the other commit's figures, although this one cannot be built", done)
    done = measure(root, "--against", "no-such-revision")
    expect(done.returncode == 1 and "no-such-revision" in done.stderr, "a refusal", done)


if __name__ == "__main__":
    if not shutil.which("git"):
        print("not tested: there is no git")
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="catlog-cost-test-") as scratch:
        test(pathlib.Path(scratch))
