#!/usr/bin/env python3
"""Reads a real read model through TypeORM, and compares it with a database that TypeORM made (read.ts).

  run.py BUILD    the build folder, which gets npm's packages and cache; ends with 77, and says why, when they cannot be
                  had: no npm, no registry, or a Node that is too old
"""
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "support"))
import npm  # noqa: E402, beside the tests

VERSIONS = ("typeorm-0.3", "typeorm-1")
OLDEST_NODE = (20, 19)  # of TypeORM 1 and better-sqlite3 12
RUN_S = 240


def project(build, data):
    """A catalogue that has rows in each table; the daemon goes on."""
    (data / "begin-new-log").touch()
    daemon = subprocess.Popen([build / "bin/catlogd", "--data", data], stdout=subprocess.PIPE, text=True)
    if "ready" not in daemon.stdout.readline():
        sys.exit("catlogd did not start")
    commands = sorted((HERE.parent.parent / "ops/demo").glob("*.ndjson")) + [HERE / "more.ndjson"]
    catlog = [build / "bin/catlog", "--data", data]
    for file in commands:
        ran = npm.run(*catlog, "send", file)
        if ran.returncode not in (0, 1):  # the demo catalogue has refusals too
            sys.exit(ran.stderr)
    head = json.loads(npm.run(*catlog, "status", "--json").stdout)["head"]
    asked = npm.run(*catlog, "sql", "SELECT 1", "--wait-for", head)
    if asked.returncode != 0:
        sys.exit(asked.stderr)
    return daemon


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    npm.require_node(OLDEST_NODE, "TypeORM 1")
    packages = build / "typeorm"
    npm.install_wanted(packages, HERE / "package.json", "new (require('better-sqlite3'))(':memory:')")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        daemon = project(build, folder)
        try:
            for version in VERSIONS:
                ran = npm.run("node", HERE / "run.js", version, folder / "readmodel/current.sqlite",
                          folder / f"{version}.sqlite", cwd=packages, timeout=RUN_S)
                print(ran.stdout, ran.stderr, sep="", end="", flush=True)
                if ran.returncode != 0:
                    sys.exit(1)
        finally:
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
