"""What the tests of the clients share: a real catlogd for each."""
import unittest

from daemon import Daemon

LONG_ENOUGH = 30


class WithDaemon(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.close)
        self.data = self.daemon.data
