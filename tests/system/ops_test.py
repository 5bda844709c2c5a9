#!/usr/bin/env python3
"""What ops/test says behind ctest's last lines, in a scratch tree with tests of its own."""
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES NONE)
set(CATLOG_SUITES "" CACHE STRING "")
enable_testing()
function(says name code)
  file(WRITE ${CMAKE_BINARY_DIR}/${name} "#!/bin/sh\\nprintf '${ARGN}'\\nexit ${code}\\n")
  add_test(NAME unit.${name} COMMAND sh ${CMAKE_BINARY_DIR}/${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
endfunction()
says(whole 0 "all of it\\\\n")
says(partly 0 "not tried: it needs root\\\\nnot tried: it needs root\\\\nnot tried: there is no sqldiff\\\\n")
says(skipped 77 "NOT TRIED: there is no etcd\\\\n")
add_test(NAME unit.unfetched COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/unfetched.py)
set_tests_properties(unit.unfetched PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
"""
# Where no registry answers; the rest of what npm says stands on lines of its own.
UNFETCHED = f"""import os, pathlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, {str(ROOT / "tests/support")!r})
import npm
here = pathlib.Path(__file__).parent
os.environ["PATH"] = f"{{here}}/fake:" + os.environ["PATH"]
npm.install(here, cache=here / "cache")
"""
NPM = "#!/bin/sh\nprintf 'npm warn old\\nnpm error code ENOTFOUND\\nnpm error network\\n' >&2\nexit 1\n"
NODE = "#!/bin/sh\n"
INSTALLS = "#!/bin/sh\n"
NOT_TRIED = [f"not tried ({{}}): unit.{what}" for what in
             ("partly: it needs root", "partly: there is no sqldiff", "skipped: there is no etcd",
              "unfetched: npm could not install its packages: npm error code ENOTFOUND")]


def expect(condition, what, said):
    if not condition:
        raise SystemExit(f"expected {what}; it said:\n{said}")


def run(root, *arguments):
    done = subprocess.run([root / "ops/test", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "CI": "", "ASAN_OPTIONS": "detect_leaks=0"})
    return done.returncode, done.stdout, done.stdout + done.stderr


def test(root):
    (root / "ops").mkdir()
    shutil.copy2(ROOT / "ops/test", root / "ops")
    shutil.copy2(ROOT / "ops/build", root / "ops")
    shutil.copy2(ROOT / "CMakePresets.json", root)
    (root / "ops/install").write_text(INSTALLS, encoding="utf-8")
    (root / "ops/install").chmod(0o755)
    (root / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
    (root / "unfetched.py").write_text(UNFETCHED, encoding="utf-8")
    (root / "fake").mkdir()
    for name, program in (("npm", NPM), ("node", NODE)):
        (root / "fake" / name).write_text(program, encoding="utf-8")
        (root / "fake" / name).chmod(0o755)

    code, out, said = run(root)
    ended = out.splitlines()[-len(NOT_TRIED):]
    expect(code == 0 and sorted(ended) == [line.format("release") for line in NOT_TRIED], "what was not tried, once each", said)

    code, out, said = run(root, "--asan")
    expect(code == 0 and all(line.format("asan") in out.splitlines() for line in NOT_TRIED), "that of the sanitized too", said)

    (root / "CMakeLists.txt").write_text(PROJECT + 'says(broken 1 "no\\\\n")\n', encoding="utf-8")
    code, out, said = run(root)
    expect(code != 0 and NOT_TRIED[0].format("release") in out, "the same where one fails, which it ends with", said)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="catlog-test-") as scratch:
        test(pathlib.Path(scratch))
