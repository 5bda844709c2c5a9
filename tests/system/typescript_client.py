#!/usr/bin/env python3
"""The TypeScript client (events/clients/typescript): its own tests against a real catlogd, tests/conformance, the packed file.

  typescript_client.py [--build] BUILD    the build folder, which gets a copy of the package and npm's packages; ends with 77, and says
                                          why, when they cannot be had: no npm, no registry, or a Node that is too old. --build: no
                                          more than that
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "support"))
import npm  # noqa: E402, beside the tests

CLIENT = ROOT / "events/clients/typescript"
PARTS = ("src", "test", "examples")
FILES = ("package.json", "tsconfig.json", "tsconfig.check.json", "README.md", "LICENSE", ".npmrc")
OLDEST_NODE = (20,)
TESTS_S = 400
CONFORMANCE = ROOT / "tests/conformance/all.py"
CONFORMANCE_S = 450


def lay_out(package):
    """A copy of the package; what was installed there before stays."""
    npm.install_wanted(package, CLIENT / "package.json", "require('zeromq'); require('typescript')")
    for part in PARTS + ("dist", "build"):
        shutil.rmtree(package / part, ignore_errors=True)
    for part in PARTS:
        shutil.copytree(CLIENT / part, package / part)
    for name in FILES:
        shutil.copy(CLIENT / name, package / name)


def ran(*command, **more):
    done = npm.run(*command, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def has_no_addresses():
    """What is packed names no registry."""
    registry = ran("npm", "config", "get", "registry").strip().rstrip("/").partition("//")[2].partition("/")[0]
    for path in CLIENT.rglob("*"):
        if path.is_file() and registry and registry.encode() in path.read_bytes():
            sys.exit(f"{path} names the registry that npm is set up with")


def try_packed(package, build, folder):
    """The packed file in a folder of its own: the example sends a command to a daemon."""
    packed = json.loads(ran("npm", "pack", "--ignore-scripts", "--json", "--pack-destination", folder, cwd=package))[0]
    names = {file["path"] for file in packed["files"]}
    wanted = {"package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "dist/vocabulary.d.ts"}
    if not wanted <= names or any(name.startswith(("test", "build", "src")) for name in names):
        sys.exit(f"the packed file holds {sorted(names)}")
    user = folder / "user"
    user.mkdir()
    (user / "package.json").write_text('{"private": true, "type": "module"}')
    npm.install(user, folder / packed["filename"], cache=package / "cache")
    shutil.copy(package / "build/examples/send.js", user / "send.js")
    with subprocess.Popen([build / "bin/catlogd", "--data", folder / "data"], stdout=subprocess.PIPE, text=True) as daemon:
        try:
            if "ready" not in daemon.stdout.readline():
                sys.exit("catlogd did not start")
            said = ran("node", "send.js", folder / "data", cwd=user, timeout=120)
        finally:
            daemon.terminate()
    if "accepted" not in said:
        sys.exit(f"the example of the packed file said {said}")


def main():
    build = pathlib.Path(sys.argv[-1]).resolve()
    npm.require_node(OLDEST_NODE, "the client")
    package = build / "typescript"
    lay_out(package)
    ran("npm", "run", "build", cwd=package)
    ran("npm", "run", "check", cwd=package)
    if "--build" in sys.argv[1:-1]:
        return
    tests = sorted((package / "build/test").glob("*.test.js"))
    done = subprocess.run(["node", "--test", *tests], cwd=package, env=dict(os.environ, CATLOG_BIN=str(build / "bin")),
                          timeout=TESTS_S, check=False)
    if done.returncode != 0:
        sys.exit(1)
    ran("/usr/bin/python3", CONFORMANCE, build / "bin", "--only", "TypeScript", timeout=CONFORMANCE_S,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
    has_no_addresses()
    with tempfile.TemporaryDirectory() as folder:
        try_packed(package, build, pathlib.Path(folder))


if __name__ == "__main__":
    main()
