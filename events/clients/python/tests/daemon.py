"""A real catlogd on a data directory of its own, for tests."""
import os
import pathlib
import shutil
import subprocess
import tempfile

BIN = pathlib.Path(os.environ.get("CATLOG_BIN", pathlib.Path(__file__).parents[4] / "build/release/bin"))


class Daemon:
    """Runs from start() on; everything goes with close()."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="catlog-py-")
        self.data = os.path.join(self._folder, "data")
        self._process = None
        self.start()

    def start(self):
        self._process = subprocess.Popen([BIN / "catlogd", "--data", self.data], stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        if self._process.stdout.readline() != "catlogd ready\n":
            raise RuntimeError(f"{BIN}/catlogd did not start")

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def restart(self):
        self.kill()
        self.start()

    def catlog(self, *arguments):
        return subprocess.run([BIN / "catlog", "--data", self.data, *arguments], check=True, capture_output=True,
                              text=True).stdout

    def close(self):
        if self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def genre(number, name=None):
    return {"putGenre": {"tmdbId": number, "name": name or f"Genre {number}"}}
