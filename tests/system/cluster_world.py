"""What three machines stand on, of the test's own: a network namespace each, joined by a router; a file system each, on an image.

What cannot be had here is said, and the faults that want it are left out.
"""
import ctypes
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import machines  # of ops

INSIDE = "CATLOG_CLUSTER_INSIDE"
CLONE_NEWNET = 0x40000000
EXT4_IOC_SHUTDOWN, WITHOUT_FLUSHING = 0x8004587D, 2
ENDED_OR_STOPPED = ("T", "t", "Z", "X")  # in /proc/PID/task/TID/stat
PORTS = (2379, 2380, 2381)
MOVED_CLOCK = "libcatlog_moved_clock.so"
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def enter():
    """Goes on as the same program in namespaces of its own for mounts and networks, where they can be had."""
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "nothing"
    for user in ([], ["--user", "--map-root-user"]):
        command = ["unshare", *user, "--mount", "--net", "--propagation", "private"]
        try:
            run(*command, "true")
        except OSError:
            continue
        os.environ[INSIDE] = "namespaces"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])


def within(namespace):
    def step():
        if LIBC.setns(namespace, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    return step


class Networks:
    """A network for each machine; between them this process's own, which forwards, and drops what is cut off."""

    def __init__(self):
        run("ip", "link", "set", "lo", "up")
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
        self.holders, self.namespaces, self.cuts = [], {}, []
        for number, name in enumerate(machines.NAMES, 1):
            holder = subprocess.Popen(["sleep", "infinity"], preexec_fn=self._begin)
            self.holders.append(holder)
            self.namespaces[name] = os.open(f"/proc/{holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "out", "netns", holder.pid)
            run("ip", "address", "add", f"10.77.{number}.1/24", "dev", f"to-{name}")
            run("ip", "link", "set", f"to-{name}", "up")
            inside = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "ip")
            run(*inside, "link", "set", "lo", "up")
            run(*inside, "address", "add", f"{self.address(name)}/24", "dev", "out")
            run(*inside, "link", "set", "out", "up")
            run(*inside, "route", "add", "default", "via", f"10.77.{number}.1")

    @staticmethod
    def _begin():
        LIBC.prctl(machines.PR_SET_PDEATHSIG, signal.SIGKILL)
        if LIBC.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")

    @staticmethod
    def address(name):
        return f"10.77.{1 + machines.NAMES.index(name)}.2"

    def cut(self, sender, receiver):
        """Nothing that one sends comes to the other, without a word; the other way goes on."""
        rule = ("from", self.address(sender), "to", self.address(receiver), "type", "blackhole")
        run("ip", "rule", "add", *rule)
        self.cuts.append(rule)

    def end(self):
        self.heal()
        for name in machines.NAMES:
            run("ip", "link", "delete", f"to-{name}")
        for holder in self.holders:
            holder.kill()
            holder.wait()

    def heal(self):
        while self.cuts:
            run("ip", "rule", "delete", *self.cuts.pop())


class Disk:
    """A file system that one machine has for itself. Where it is on an image, its power can be cut."""

    def __init__(self, folder, name, megabytes):
        self.root, self.image = folder / f"disk-{name}", folder / f"disk-{name}.img"
        self.root.mkdir()
        self.has_image = False
        try:
            with open(self.image, "wb") as image:
                image.truncate(megabytes << 20)
            # As a larger one has them. Blocks below a page's size are no disk for SQLite that may fill up: it makes room for a
            # page of its -shm with one byte, and the rest of the page is a bus error.
            run("mkfs.ext4", "-q", "-m", "0", "-b", "4096", self.image)
            self.mount()
            self.has_image = True
        except OSError:
            run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "catlog-test", self.root)

    def mount(self):
        run("mount", "-o", "loop", self.image, self.root)

    def sync(self):
        run("sync", "-f", self.root)

    def cut_power(self):
        """From now on nothing reaches the image any more; what was not there yet never will be."""
        root = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(root, EXT4_IOC_SHUTDOWN, WITHOUT_FLUSHING.to_bytes(4, sys.byteorder))
        finally:
            os.close(root)

    def come_back(self):
        """Nobody uses it now: what is on the image is found as after a power cut, by the file system's journal."""
        def unmounted():
            try:
                run("umount", self.root)
            except OSError:
                time.sleep(0.05)
                return False
            return True
        machines.until(f"{self.root} is free", unmounted)
        self.mount()

    def end(self):
        subprocess.run(["umount", "--lazy", self.root], check=False)

    def fill(self):
        with open(self.root / "filler", "ab", buffering=0) as filler:
            try:
                while filler.write(bytes(1 << 16)):
                    pass
            except OSError:
                pass

    def leave(self, free):
        """So many bytes; nothing is written."""
        with open(self.root / "filler", "ab", buffering=0) as filler:
            os.posix_fallocate(filler.fileno(), 0, max(1, shutil.disk_usage(self.root).free - free))

    def make_room(self):
        (self.root / "filler").unlink(missing_ok=True)


def is_within_a_call(process):
    """Whether a thread of a process that was told to stop is still on its way there."""
    try:
        for status in pathlib.Path(f"/proc/{process.running.pid}/task").glob("*/stat"):
            if status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] not in ENDED_OR_STOPPED:
                return True
    except OSError:  # a thread, or all of them, ended meanwhile: the next look says so
        return process.is_running()
    return False


def cut_power(disks, processes, amid_calls=False):
    """Of all these disks at once, which nobody else writes to: what no file system had on its disk is gone, and so are the processes.

    They are stopped first, each thread between two system calls: a sync that is under way while ext4 is shut down may say yes
    for what is not on the image (Linux 6.18; `cluster_power.py --amid-calls`), which no disk that loses its power does.
    """
    if not amid_calls:
        for process in processes:
            process.signal(signal.SIGSTOP)
        machines.until("every process is stopped", lambda: not any(map(is_within_a_call, processes)))
    for disk in disks:
        disk.cut_power()
    for process in processes:
        process.end(signal.SIGKILL)
    for disk in disks:
        disk.come_back()


class Clock:
    """A node's clock, which can be set, though no other's is: by a library beneath it."""

    def __init__(self, library, file):
        self.file = file
        self.set(0)
        self.variables = {"LD_PRELOAD": str(library), "CATLOG_TEST_CLOCK": str(file)}

    def set(self, seconds):
        """So far ahead of this machine's, or behind it. In place: the library has the file mapped."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(int(seconds).to_bytes(8, sys.byteorder, signed=True))


class World:
    """Networks, disks and clocks for Machines; each is nothing where it cannot be had."""

    def __init__(self, programs, folder, megabytes):
        self.networks, self.disks, self.clocks, self.missing = None, {}, {}, []
        if os.environ.get(INSIDE) == "namespaces":
            try:
                self.networks = Networks()
            except (OSError, subprocess.SubprocessError) as why:  # the latter: of what is called in a new process
                self.missing.append(f"networks ({why})")
            try:
                for name in machines.NAMES:
                    self.disks[name] = Disk(folder, name, megabytes)
            except OSError as why:
                self.missing.append(f"disks ({why})")
                self.unmount()  # those that could be made
            if self.disks and not self.has_power():
                self.missing.append("power to cut (a loop device)")
        else:
            self.missing.append("namespaces")
        library = pathlib.Path(programs).resolve() / MOVED_CLOCK
        if library.is_file():
            self.clocks = {name: Clock(library, folder / f"clock-{name}") for name in machines.NAMES}
        else:
            self.missing.append(f"clocks ({library} is not built)")

    def has_power(self):
        return bool(self.disks) and all(disk.has_image for disk in self.disks.values())

    def places(self, folder):
        places = machines.loopback_places(folder)
        for name, place in places.items():
            if self.networks:
                place.address, place.ports = self.networks.address(name), PORTS
                place.enter = within(self.networks.namespaces[name])
            if self.disks:
                place.folder = self.disks[name].root
            if self.clocks:
                place.variables = self.clocks[name].variables
        return places

    def unmount(self):
        for disk in self.disks.values():
            disk.end()
        self.disks = {}

    def end(self):
        """After the machines' end."""
        self.unmount()
        if self.networks:
            self.networks.end()
