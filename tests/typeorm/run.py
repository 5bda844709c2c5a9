#!/usr/bin/env python3
"""Reads a real read model through TypeORM, and compares it with a database that TypeORM made (read.ts).

  run.py BUILD    the build folder, which gets npm's packages and cache; ends with 77, and says why, when they cannot be
                  had: no npm, no registry, or a Node that is too old
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = ("typeorm-0.3", "typeorm-1")
OLDEST_NODE = (20, 19)  # of TypeORM 1 and better-sqlite3 12
INSTALL_S, RUN_S = 100, 60


def skip(why):
    print(f"not run: {why}")
    sys.exit(SKIPPED)


def run(*command, **more):
    return subprocess.run([str(part) for part in command], text=True, capture_output=True, **more)


def require_node():
    if not shutil.which("node") or not shutil.which("npm"):
        skip("there is no node and npm")
    version = run("node", "--version").stdout.strip()
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_NODE:
        skip(f"node is {version}; TypeORM 1 needs {'.'.join(map(str, OLDEST_NODE))}")


def install(into):
    """What package.json names, once; npm says for itself what it could not fetch or build."""
    wanted, done = (HERE / "package.json").read_text(), into / "installed.json"
    if done.exists() and done.read_text() == wanted:
        return
    shutil.rmtree(into / "node_modules", ignore_errors=True)
    into.mkdir(parents=True, exist_ok=True)
    (into / "package.json").write_text(wanted)
    # better-sqlite3 is compiled where no binary of it can be fetched: then with the headers that came with node.
    # Not optimised: that takes most of the time.
    headers = pathlib.Path(shutil.which("node")).resolve().parent.parent
    more = [f"--nodedir={headers}"] if (headers / "include/node/node.h").exists() else []
    npm = subprocess.Popen(["npm", "install", "--cache", str(into / "cache"), "--prefer-offline", "--no-audit", "--no-fund",
                            "--no-package-lock", "--fetch-retries=1", *more], cwd=into, text=True, process_group=0,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           env=dict(os.environ, CFLAGS="-O0", CXXFLAGS="-O0"))
    try:
        errors = npm.communicate(timeout=INSTALL_S)[1]
    except subprocess.TimeoutExpired:
        os.killpg(npm.pid, signal.SIGKILL)  # the compiler that it began too
        npm.communicate()
        skip(f"npm did not install its packages within {INSTALL_S} s")
    if npm.returncode != 0:
        skip("npm could not install its packages:\n" + "\n".join(errors.splitlines()[-15:]))
    loaded = run("node", "-e", "new (require('better-sqlite3'))(':memory:')", cwd=into)
    if loaded.returncode != 0:
        skip("better-sqlite3 was installed and cannot be loaded:\n" + "\n".join(loaded.stderr.splitlines()[-15:]))
    done.write_text(wanted)


def project(build, data):
    """A catalogue that has rows in each table; the daemon goes on."""
    (data / "begin-new-log").touch()
    daemon = subprocess.Popen([build / "bin/catlogd", "--data", data], stdout=subprocess.PIPE, text=True)
    if "ready" not in daemon.stdout.readline():
        sys.exit("catlogd did not start")
    commands = sorted((HERE.parent.parent / "ops/demo").glob("*.ndjson")) + [HERE / "more.ndjson"]
    catlog = [build / "bin/catlog", "--data", data]
    for file in commands:
        ran = run(*catlog, "send", file)
        if ran.returncode not in (0, 1):  # the demo catalogue has refusals too
            sys.exit(ran.stderr)
    head = json.loads(run(*catlog, "status", "--json").stdout)["head"]
    asked = run(*catlog, "sql", "SELECT 1", "--wait-for", head)
    if asked.returncode != 0:
        sys.exit(asked.stderr)
    return daemon


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    require_node()
    packages = build / "typeorm"
    install(packages)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        daemon = project(build, folder)
        try:
            for version in VERSIONS:
                ran = run("node", HERE / "run.js", version, folder / "readmodel/current.sqlite",
                          folder / f"{version}.sqlite", cwd=packages, timeout=RUN_S)
                print(ran.stdout, ran.stderr, sep="", end="", flush=True)
                if ran.returncode != 0:
                    sys.exit(1)
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
