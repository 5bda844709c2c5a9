#!/usr/bin/env python3
"""A power cut, as the tests of three machines make it, takes nothing that a sync said was there; usage: cluster_power.py BUILD [--cuts N] [--amid-calls]

Programs write and sync, and note outside the disk up to where it was said to be there; then the power is cut. That the cuts
take anything at all is looked at too: one more program writes and never syncs. --amid-calls cuts while syncs are under way,
which ext4 was seen to say yes to for what is not there: it may fail, and shows why the tests do not cut so.
Exit 77: what it needs is not there.
"""
import argparse
import contextlib
import os
import pathlib
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "ops"))
import cluster_world  # noqa: E402
import machines  # noqa: E402, of ops

WRITERS, CUTS = 6, 12
MEGABYTES = 64
PIECE_BYTES, NUMBER_BYTES = 2_000, 8
PREALLOCATED_BYTES = 2 << 20  # as etcd's log is
FIRST_PIECES = 3  # that each has written when the power is cut: none of them is still beginning


def piece(number):
    return number.to_bytes(NUMBER_BYTES, sys.byteorder) * (PIECE_BYTES // NUMBER_BYTES)


def write(file, note, syncs):
    """Until the power is cut; never returns."""
    data, noted = os.open(file, os.O_RDWR | os.O_CREAT), os.open(note, os.O_RDWR | os.O_CREAT)
    if syncs:
        os.posix_fallocate(data, 0, PREALLOCATED_BYTES)
        os.fsync(data)
    for number in range(PREALLOCATED_BYTES // PIECE_BYTES):
        os.pwrite(data, piece(number), number * PIECE_BYTES)
        if syncs:
            os.fdatasync(data)
        os.pwrite(noted, (number + 1).to_bytes(NUMBER_BYTES, sys.byteorder), 0)
    signal.pause()


def pieces_noted(note):
    return int.from_bytes(note.read_bytes(), sys.byteorder) if note.is_file() else 0


def pieces_there(file):
    written = file.read_bytes() if file.is_file() else b""
    count = 0
    while written[count * PIECE_BYTES:(count + 1) * PIECE_BYTES] == piece(count):
        count += 1
    return count


def not_tried(why):
    print(f"not tried: {why}")
    sys.exit(77)


def cut(folder, number, amid_calls):
    """How many pieces were said to be there, and how many of those that nobody synced were lost."""
    with contextlib.ExitStack() as at_end:
        try:
            disk = cluster_world.Disk(folder, str(number), MEGABYTES)
        except OSError as why:
            not_tried(why)
        at_end.callback(disk.end)
        if not disk.has_image:
            not_tried("there is no loop device, or no mkfs.ext4")
        files = [disk.root / f"data-{writer}" for writer in range(WRITERS + 1)]
        notes = [folder / f"note-{number}-{writer}" for writer in range(WRITERS + 1)]
        writers = [machines.Process([sys.executable, __file__, "--write", file, note, "--syncs" if file != files[-1] else "--never-syncs"],
                                    folder / f"writer-{number}.log") for file, note in zip(files, notes)]
        for writer in writers:
            writer.start()
            at_end.callback(writer.end, signal.SIGKILL)
        machines.until("all write", lambda: all(pieces_noted(note) >= FIRST_PIECES + number for note in notes))
        cluster_world.cut_power([disk], writers, amid_calls)
        for file, note in zip(files[:-1], notes):
            if pieces_there(file) < pieces_noted(note):
                raise AssertionError(f"cut {number}: {pieces_noted(note)} pieces were said to be on the disk, {pieces_there(file)} are")
        return sum(map(pieces_noted, notes[:-1])), pieces_noted(notes[-1]) - pieces_there(files[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    parser.add_argument("--cuts", type=int, default=CUTS, metavar="N")
    parser.add_argument("--amid-calls", action="store_true")
    arguments = parser.parse_args()
    cluster_world.enter()
    if os.environ[cluster_world.INSIDE] != "namespaces":
        not_tried("there are no namespaces")
    with tempfile.TemporaryDirectory(prefix="catlog-power-") as folder:
        said, lost = map(sum, zip(*(cut(pathlib.Path(folder), number, arguments.amid_calls) for number in range(arguments.cuts))))
    if lost == 0:
        raise AssertionError("no cut took what was not synced: it is none")
    print(f"figures: {arguments.cuts} power cuts: none of {said} pieces that were synced is missing, {lost} that were not are")
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write(sys.argv[2], sys.argv[3], sys.argv[4] == "--syncs")
    sys.exit(main())
