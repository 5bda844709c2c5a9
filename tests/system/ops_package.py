#!/usr/bin/env python3
"""What is installed, and the Debian package: contents, lintian, manual pages, units, configuration, completions in a shell.

  ops_package.py BUILD    a build folder with catlogd, catlog and their pages; ends with 77 where no package can be made here
"""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "ops/package"))
import declared  # noqa: E402

SKIPPED = 77
ANSWER_S = 60  # of a shell
EXPECTED = """bin/catlog bin/catlogd bin/catlog-torrent share/man/man1/catlog.1.gz share/man/man8/catlogd.8.gz
    share/man/man8/catlog-torrent.8.gz share/bash-completion/completions/catlog-torrent
    share/zsh/vendor-completions/_catlog-torrent lib/systemd/system/catlog-torrent.service
    share/bash-completion/completions/catlog share/bash-completion/completions/catlogd
    share/zsh/vendor-completions/_catlog share/zsh/vendor-completions/_catlogd
    share/doc/catlog/README.md share/doc/catlog/RUNBOOK.md share/doc/catlog/PROTOCOL.md share/doc/catlog/READERS.md
    share/doc/catlog/copyright share/doc/catlog/changelog.gz lib/sysusers.d/catlog.conf
    lib/systemd/system/catlogd.service lib/systemd/system/catlog-backup.service lib/systemd/system/catlog-backup.timer""".split()
EXPECTED_OF_CLUSTER = [f"usr/{name}" for name in """bin/catlogd-cluster lib/systemd/system/catlogd.service.d/cluster.conf
    share/man/man8/catlogd-cluster.8.gz share/doc/catlog-cluster/copyright share/doc/catlog-cluster/changelog.gz
    share/lintian/overrides/catlog-cluster""".split()]
# What is typed before the tab, and what the shell makes of it.
COMPLETED = [("catlog stat", "catlog status "), ("catlog sql --format mark", "catlog sql --format markdown "),
             ("catlog sql --format=json", "json   jsonl"), ("catlog --data x import tm", "catlog --data x import tmdb "),
             ("catlog import tmdb --str", "catlog import tmdb --strict "), ("catlog verify --de", "catlog verify --deep "),
             ("catlog backup read", "catlog backup readable/"), ("catlog restore --keys read", "catlog restore --keys readable/"),
             ("catlogd --min-f", "catlogd --min-free-bytes "), ("catlogd --only hand", "catlogd --only handler ")]


def expect(condition, what):
    if not condition:
        raise SystemExit(f"expected {what}")


def run(*command, code=0, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)
    expect(done.returncode == code, f"{code} of {' '.join(map(str, command))}, not {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def skip_note(what):
    print(f"not tried: {what} (ops/install)")


def starts_without_end(unit):
    """Wherever else than in its section systemd ignores it."""
    return "StartLimitIntervalSec=0" in unit.partition("[Unit]\n")[2].partition("\n[")[0].splitlines()


def check_prefix(build, folder):
    """`cmake --install` below a prefix of somebody's own: everything is there, and the units name it."""
    run("cmake", "--install", build, "--prefix", folder)
    for name in [*EXPECTED, "etc/catlog/catlog.toml", "etc/catlog/catlog-torrent.toml"]:
        expect((folder / name).is_file(), f"{name} in {folder}")
    unit = (folder / "lib/systemd/system/catlogd.service").read_text()
    expect(f"ExecStart={folder}/bin/catlogd --data /var/lib/catlog --config {folder}/etc/catlog/catlog.toml" in unit,
           f"the installed names in the unit:\n{unit}")
    expect(starts_without_end(unit), f"systemd never to give it up:\n{unit}")


def make_package(build, folder):
    run("cpack", "-G", "DEB", "-B", folder / "made", cwd=build)
    (package,) = (folder / "made").glob("*.deb")
    run("dpkg-deb", "-x", package, folder / "root")
    run("dpkg-deb", "-e", package, folder / "control")
    for name in EXPECTED:
        expect((folder / "root/usr" / name).is_file(), f"{name} in the package")
    expect((folder / "root/etc/catlog/catlog.toml").is_file(), "the configuration in /etc")
    expect((folder / "control/conffiles").read_text() == "/etc/catlog/catlog-torrent.toml\n/etc/catlog/catlog.toml\n",
           "both to be conffiles")
    control = (folder / "control/control").read_text()
    expect("libzmq5" in control and "libsqlite3-0" in control, f"the libraries' packages:\n{control}")
    for script in ("postinst", "prerm", "postrm"):
        run("sh", "-n", folder / "control" / script)
    return package


def make_cluster_package(build, folder):
    """The daemon of several machines, where it is built: a package of its own, that no other one is told of."""
    if not (build / "CPackCluster.cmake").is_file() or not (build / "bin/catlogd-cluster").is_file():
        return skip_note("the package of several machines")
    run("cpack", "-G", "DEB", "--config", "CPackCluster.cmake", "-B", folder / "made-cluster", cwd=build)
    (package,) = (folder / "made-cluster").glob("*.deb")
    run("dpkg-deb", "-x", package, folder / "root-cluster")
    run("dpkg-deb", "-e", package, folder / "control-cluster")
    files = sorted(str(file.relative_to(folder / "root-cluster")) for file in (folder / "root-cluster").rglob("*") if file.is_file())
    expect(files == sorted(EXPECTED_OF_CLUSTER), f"these files in {package.name}, not {files}")
    dropped_in = (folder / "root-cluster/usr/lib/systemd/system/catlogd.service.d/cluster.conf").read_text()
    expect("\nExecStart=\nExecStart=/usr/bin/catlogd-cluster --data /var/lib/catlog --config /etc/catlog/catlog.toml\n" in dropped_in,
           f"the installed names in the drop-in:\n{dropped_in}")
    expect(starts_without_end(dropped_in), f"systemd never to give it up, beside a unit of somebody's own too:\n{dropped_in}")
    control = (folder / "control-cluster/control").read_text()
    expect("libgrpc++" in control and f"catlog (= {package.name.split('_')[1]})" in control, f"gRPC and the other package:\n{control}")
    expect("libgrpc" not in (folder / "control/control").read_text(), "no gRPC for one machine")
    for script in ("postinst", "postrm"):
        run("sh", "-n", folder / "control-cluster" / script)
    return check_lintian(package)


def check_lintian(package):
    if not shutil.which("lintian"):
        return skip_note("the package by lintian")
    return run("lintian", "--allow-root", "--fail-on", "error,warning", package)


def check_pages(root, programs):
    """Each subcommand and option is there, and the page is clean roff."""
    if not shutil.which("man"):
        return skip_note("pages by man")
    for program, section in zip(programs, (1, 8, 8)):
        page = root / f"share/man/man{section}/{program.name}.{section}.gz"
        shown = subprocess.run(["man", "--warnings", "--no-hyphenation", "--no-justification", "-l", page], capture_output=True,
                               text=True, check=False, env=dict(os.environ, MANWIDTH="120", LC_ALL="C.UTF-8", MANROFFOPT="-c"))
        expect(shown.returncode == 0 and not shown.stderr, f"nothing but the page of man:\n{shown.stderr}")
        plain = " ".join(shown.stdout.split())
        for command in program.all():
            expect(command.path in plain, f"{command.path} in {page.name}")
            for option in command.options:
                expect(all(name in plain for name in option.names), f"{option.names} of {command.path} in {page.name}")
        if shutil.which("mandoc"):
            source = subprocess.run(["gzip", "-dc", page], capture_output=True, check=True).stdout
            run("mandoc", "-T", "lint", "-W", "warning", input=source.decode())
        else:
            skip_note("pages by mandoc")


def check_units(folder):
    if not shutil.which("systemd-analyze"):
        return skip_note("units by systemd-analyze")
    units = [folder / "root/usr/lib/systemd/system" / name for name in ("catlogd.service", "catlog-backup.timer", "catlog-torrent.service")]
    essential = folder / "root/usr/bin/test"  # which every system has
    essential.touch(mode=0o755)
    said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"--root={folder / 'root'}",
               *(f"/usr/lib/systemd/system/{unit.name}" for unit in units))
    essential.unlink()
    return expect(said.strip() == "", f"nothing from systemd-analyze:\n{said}")


def check_configuration(program, example, without):
    """Each option that a file may hold is in the example."""
    text = (ROOT / "ops" / example).read_text()
    for option in program.options:
        name = option.name.removeprefix("--")
        expect(name in ("help", "version", "config", *without) or f"{name} = " in text, f"{name} in ops/{example}")


class Shell:
    """A bash at a terminal, with the completions."""

    def __init__(self, root, folder):
        (folder / "readable").mkdir()
        (folder / "rc").write_text("PS1='> '\nbind 'set bell-style none' 'set enable-bracketed-paste off' 2> /dev/null\n" +
                                   "".join(f". {root}/share/bash-completion/completions/{name}\n" for name in ("catlog", "catlogd")))
        ours, theirs = pty.openpty()
        self.terminal = ours
        self.process = subprocess.Popen(["bash", "--rcfile", folder / "rc", "-i"], stdin=theirs, stdout=theirs, stderr=theirs,
                                        cwd=folder, start_new_session=True, env=dict(os.environ, TERM="dumb", INPUTRC="/dev/null"))
        os.close(theirs)
        self.wait_for("> ")

    def wait_for(self, words):
        said = ""
        while words not in said:
            ready, _, _ = select.select([self.terminal], [], [], ANSWER_S)
            expect(ready, f"{words!r} from the shell; it said {said!r}")
            said += os.read(self.terminal, 65536).decode(errors="replace")
        return said

    def complete(self, typed, wanted):
        tabs = "\t\t" if "   " in wanted else "\t"
        os.write(self.terminal, (typed + tabs).encode())
        # The terminal's echo, and what was added to it; a list of choices has its own spaces.
        self.wait_for(wanted.split()[-1] if "   " in wanted else wanted)
        os.write(self.terminal, b"\x15")  # the line away
        os.write(self.terminal, b"echo next\r")
        self.wait_for("next\r\n> ")

    def end(self):
        os.close(self.terminal)
        self.process.kill()
        self.process.wait()


def check_completions(root, folder):
    shell = Shell(root, folder)
    try:
        for typed, wanted in COMPLETED:
            shell.complete(typed, wanted)
    finally:
        shell.end()
    if not shutil.which("zsh"):
        return skip_note("completions by zsh")
    for name in ("_catlog", "_catlogd"):
        run("zsh", "-n", root / "share/zsh/vendor-completions" / name)
    listed = run("zsh", "-fc", f"fpath=({root}/share/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -D -u; "
                 "print $_comps[catlog] $_comps[catlogd]")
    return expect(listed.split() == ["_catlog", "_catlogd"], f"zsh to know both completions, not {listed}")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for needed in ("dpkg-deb", "dpkg-shlibdeps", "cpack"):
        if not shutil.which(needed):
            print(f"not tried: there is no {needed} here")
            sys.exit(SKIPPED)
    programs = [declared.read(build / "bin" / name)[0] for name in ("catlog", "catlogd", "catlog-torrent")]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        check_prefix(build, scratch / "prefix")
        package = make_package(build, scratch)
        check_lintian(package)
        make_cluster_package(build, scratch)
        check_pages(scratch / "root/usr", programs)
        check_units(scratch)
        check_configuration(programs[1], "catlog.toml", ())
        # What is said once, and endpoints that a data directory has already.
        check_configuration(programs[2], "catlog-torrent.toml", ("adopt", *(f"{name}-endpoint" for name in ("commands", "changes", "replay"))))
        check_completions(scratch / "root/usr", scratch)
        expect(run(scratch / "root/usr/bin/catlog", "--version").split()[1] == package.name.split("_")[1], "one version")


if __name__ == "__main__":
    main()
