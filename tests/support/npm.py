"""npm's packages for a test, in the build folder. Where they cannot be had the test ends with 77, and says why."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

SKIPPED = 77
INSTALL_S = 100


def skip(why):
    print(f"not tried: {why}")
    sys.exit(SKIPPED)


def skip_for(what, errors):
    """`errors`: what a program wrote that failed. Its cause stands on the line that says so, the last lines behind it."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()] or ["it does not say why"]
    cause = next((line for line in lines if re.match(r"npm err|\w*error: ", line, re.IGNORECASE)), lines[0])
    skip("\n".join([f"{what}: {cause}", *lines[-15:]]))


def run(*command, **more):
    return subprocess.run([str(part) for part in command], text=True, capture_output=True, **more)


def require_node(oldest, what):
    """`oldest`: a version as numbers, which `what` needs."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip("there is no node and npm")
    version = run("node", "--version").stdout.strip()
    if tuple(int(part) for part in re.findall(r"\d+", version)[:len(oldest)]) < oldest:
        skip(f"node is {version}; {what} needs {'.'.join(map(str, oldest))}")


def install(folder, *words, cache):
    """`npm install WORDS` in a folder; npm says for itself what it could not fetch or build."""
    # What is compiled where no binary of it can be fetched: with the headers that came with node, and not optimised, for
    # that takes most of the time.
    headers = pathlib.Path(shutil.which("node")).resolve().parent.parent
    more = [f"--nodedir={headers}"] if (headers / "include/node/node.h").exists() else []
    npm = subprocess.Popen(["npm", "install", *map(str, words), "--cache", str(cache), "--prefer-offline", "--no-audit",
                            "--no-fund", "--no-package-lock", "--fetch-retries=1", *more], cwd=folder, text=True,
                           process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           env=dict(os.environ, CFLAGS="-O0", CXXFLAGS="-O0"))
    try:
        errors = npm.communicate(timeout=INSTALL_S)[1]
    except subprocess.TimeoutExpired:
        os.killpg(npm.pid, signal.SIGKILL)  # the compiler that it began too
        npm.communicate()
        skip(f"npm did not install its packages within {INSTALL_S} s")
    if npm.returncode != 0:
        skip_for("npm could not install its packages", errors)


def install_wanted(folder, package_json, can_be_loaded):
    """What a package.json names, once. `can_be_loaded`: JavaScript that loads what was compiled."""
    wanted, done = package_json.read_text(), folder / "installed.json"
    if done.exists() and done.read_text() == wanted:
        return
    shutil.rmtree(folder / "node_modules", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(wanted)
    install(folder, cache=folder / "cache")
    loaded = run("node", "-e", can_be_loaded, cwd=folder)
    if loaded.returncode != 0:
        skip_for("a package was installed and cannot be loaded", loaded.stderr)
    done.write_text(wanted)
