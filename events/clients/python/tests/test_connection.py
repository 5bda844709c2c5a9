"""The connection alone, against a daemon that is played byte by byte."""
import concurrent.futures
import os
import socket
import tempfile
import unittest

import zmq
from catlog_client.connection import Came, Connection

LONG_ENOUGH = 30
ANSWERS = 60
LAST, MORE, COMMAND = 0, 1, 4
TOO_LONG = b"\x02" + (1 << 40).to_bytes(8, "big")  # the head of a frame over every limit


def hear(peer, count):
    heard = b""
    while len(heard) < count:
        some = peer.recv(count - len(heard))
        if not some:
            raise EOFError("it was cut off")
        heard += some
    return heard


def frame(body, kind):
    return bytes([kind, len(body)]) + body


def hear_frame(peer):
    return hear(peer, hear(peer, 2)[1])


def greet(peer):
    """As a ROUTER of ZMTP 3.0 without keys."""
    peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(52, b"\0"))
    hear(peer, 64)
    peer.sendall(frame(b"\x05READY\x0bSocket-Type" + len(b"ROUTER").to_bytes(4, "big") + b"ROUTER", COMMAND))
    hear_frame(peer)


class Connections(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="catlog-py-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "asked.ipc")
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.settimeout(LONG_ENOUGH)
        self.listener.bind(path)
        self.listener.listen()
        context = zmq.Context()
        self.addCleanup(context.term)
        self.connection = Connection(context, "ipc://" + path, ANSWERS)
        self.addCleanup(self.connection.close)
        self.daemon = self.next_peer()

    def next_peer(self):
        """The daemon's end of the connection that is made."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            greeted = pool.submit(self.greet_next)
            self.assertIs(self.connection.wait(LONG_ENOUGH), Came.CONNECTION)
        return greeted.result()

    def greet_next(self):
        while True:
            peer, _ = self.listener.accept()
            self.addCleanup(peer.close)
            peer.settimeout(LONG_ENOUGH)
            try:
                greet(peer)
                return peer
            except (EOFError, OSError):
                pass  # on a slow machine it was given up meanwhile, and there is another

    def answer(self, frames):
        self.daemon.sendall(frame(b"frame", MORE) * (frames - 1) + frame(b"frame", LAST))

    def frames_of_next(self):
        self.assertIs(self.connection.wait(LONG_ENOUGH), Came.ANSWER)
        return len(self.connection.receive())

    def read_while_it_ends(self, end):
        """At every hundredth frame that is received ZeroMQ looks at what became of connections: it is the second frame of the
        message that wait() told of last, and by then the connection is gone."""
        for frames in [2] + 32 * [3]:
            self.answer(frames)
        self.assertEqual([self.frames_of_next() for _ in range(33)], [2] + 32 * [3])
        for _ in range(ANSWERS):
            self.answer(3)
        self.assertIs(self.connection.wait(LONG_ENOUGH), Came.ANSWER)
        end()
        self.assertEqual(self.daemon.recv(1), b"")  # it has closed
        self.assertEqual(len(self.connection.receive()), 3)
        self.assertEqual([self.frames_of_next() for _ in range(1, ANSWERS)], (ANSWERS - 1) * [3])
        self.next_peer()

    def test_what_had_arrived_before_the_daemon_ended_is_read_whole(self):
        self.read_while_it_ends(lambda: self.daemon.shutdown(socket.SHUT_WR))

    def test_what_had_arrived_before_a_frame_that_may_not_be_is_read_whole(self):
        self.read_while_it_ends(lambda: self.daemon.sendall(TOO_LONG))

    def test_what_is_sent_over_a_connection_that_is_gone_is_not_sent_over_the_next(self):
        self.daemon.shutdown(socket.SHUT_WR)
        self.assertEqual(self.daemon.recv(1), b"")
        self.connection.send([b"lost"])
        self.daemon = self.next_peer()
        self.connection.send([b"sent"])
        self.assertEqual(hear_frame(self.daemon), b"sent")

    def test_an_answer_that_is_not_there_has_no_frames(self):
        self.assertEqual(self.connection.receive(), [])


if __name__ == "__main__":
    unittest.main()
