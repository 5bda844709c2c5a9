#!/usr/bin/env python3
"""Every client of this repository through the conformance suite, then with a real daemon that is killed under it.

  all.py PROGRAMS [--kills N] [--commands N] [--only NAME]      the folder of catlogd, catlog and conformance-driver

Without --kills a few (CATLOG_CLIENT_KILLS) under some thousand commands (CATLOG_CLIENT_COMMANDS), and the Python package's own tests;
with it only so many kills. Each is of a producer, a subscriber and a member of a group at a time. The TypeScript
client's driver is what system.typescript_client built: without --kills it is for that test, which names it.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "events/clients/python"
TYPESCRIPT = "TypeScript"
SHORT = ["--kills", os.environ.get("CATLOG_CLIENT_KILLS", "4"), "--commands", os.environ.get("CATLOG_CLIENT_COMMANDS", "4000")]


def python_with_zmq():
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import zmq"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return python
    sys.exit("all.py: no Python here can import zmq; ops/install installs python3-zmq")


def drivers(programs, interpreter):
    """Each client's driver; one of a further client is a line here."""
    python = [interpreter, HERE / "driver.py"]
    every = {"C++": [programs / "conformance-driver"], "Python": python, "Python asyncio": [*python, "--async"]}
    node = programs.parent / "typescript/build/test/driver.js"  # laid there by system.typescript_client
    return {**every, TYPESCRIPT: ["node", node]} if node.exists() else every


def run(*command, more_env=()):
    """Whether it ended well; prints what it said."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **dict(more_env)}
    ran = subprocess.run([str(word) for word in command], check=False, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True)
    print(ran.stdout, end="", flush=True)
    return ran.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--commands", type=int, default=100_000)
    parser.add_argument("--only", metavar="NAME")
    options = parser.parse_args()
    length = SHORT if options.kills is None else ["--kills", options.kills, "--commands", options.commands]
    python = python_with_zmq()
    tasks = []
    for name, driver in drivers(options.programs.resolve(), python).items():
        if options.only not in (None, name) or (name == TYPESCRIPT and options.only is None and options.kills is None):
            continue
        if options.kills is None:
            tasks.append(lambda driver=driver: run(python, HERE / "run.py", *driver))
        tasks.append(lambda name=name, driver=driver: run(python, HERE / "kills.py", "--programs", options.programs, "--name", name,
                                                          *length, *driver))
    if not tasks:
        parser.error(f"there is no client {options.only} here; TypeScript's is built by the test system.typescript_client")
    if options.kills is None and options.only is None:
        tasks.append(lambda: run(python, "-m", "unittest", "discover", "-s", PACKAGE / "tests",
                                 more_env={"PYTHONPATH": str(PACKAGE), "CATLOG_BIN": str(options.programs.resolve())}))
        if mypy := shutil.which("mypy"):
            tasks.append(lambda: run(mypy, "--strict", "--cache-dir", os.devnull, PACKAGE / "catlog_client"))
    # They wait more than they work; what is to give figures is alone.
    with concurrent.futures.ThreadPoolExecutor(3 if options.kills is None else 1) as pool:
        return 0 if all(list(pool.map(lambda task: task(), tasks))) else 1


if __name__ == "__main__":
    sys.exit(main())
