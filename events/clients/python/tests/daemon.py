"""A real catlogd on a data directory of its own, for tests."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

BIN = pathlib.Path(os.environ.get("CATLOG_BIN", pathlib.Path(__file__).parents[4] / "build/release/bin"))


class Daemon:
    """Runs from start() on; everything goes with close()."""

    def __init__(self, *arguments):
        self._folder = tempfile.mkdtemp(prefix="catlog-py-")
        self.data = os.path.join(self._folder, "data")
        self._arguments = arguments
        self._process = None
        self.start()

    def start(self):
        with open(os.path.join(self._folder, "said"), "w", encoding="utf-8") as said:
            self._process = subprocess.Popen([BIN / "catlogd", "--data", self.data, *self._arguments],
                                             stdout=subprocess.PIPE, stderr=said, text=True)
        if self._process.stdout.readline() != "catlogd ready\n":
            raise RuntimeError(f"{BIN}/catlogd did not start")

    def place(self, what):
        """Where it says that something happens: "commands arrive at"."""
        text = pathlib.Path(self._folder, "said").read_text(encoding="utf-8")
        return re.search(re.escape(what) + r" (tcp://[^,\s]+)", text).group(1)

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
