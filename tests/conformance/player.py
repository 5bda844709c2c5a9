"""Plays a daemon for a client under test: its sockets, and what came to them."""
import json
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import uuid

import zmq

LONG_ENOUGH = 30_000  # milliseconds; a scenario fails when it waits so long
LOG = "01a2b3c4-0000-7000-8000-000000000001"
MOST_WORDS = 2_000  # of what a client said
UNREACHABLE, HISTORY_CHANGED, NOT_CATLOG, BAD_QUESTION = 6, 1, 3, 4  # a driver's exit codes


class Wrong(Exception):
    """What a client did that it must not do."""


def require(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def command_id(number):
    return str(uuid.UUID(int=0x0196_0000_0000_7000_8000_0000_0000_0000 + number))


def accepted(number):
    return {"id": command_id(number), "accepted": {"firstPosition": number, "lastPosition": number, "entityId": 1,
                                                   "version": number}}


def refused(code, number=None):
    receipt = {"refused": {"code": code, "message": "as it is played"}}
    return receipt if number is None else {"id": command_id(number), **receipt}


class Pack:
    """A request on commands.ipc: of one command, or of several."""

    def __init__(self, frames):
        require(len(frames) in (5, 6), f"a request has four frames or five, these are {len(frames) - 1}")
        self.peer, self.tag, encoding, body, session, *lengths = frames
        self.lengths = [length for length, in struct.iter_unpack("!I", lengths[0])] if lengths else [len(body)]
        self.is_one = not lengths
        require(sum(self.lengths) == len(body), f"a pack of {len(body)} bytes says {self.lengths}")
        require(self.is_one or 2 <= len(self.lengths) <= 256 and len(body) <= 1 << 20, "a pack is too large, or of one")
        self.receipts = {}
        self.messages = []
        for place, length in enumerate(self.lengths):
            at = sum(self.lengths[:place])
            self.messages.append(Message(self, place, [self.peer, self.tag, encoding, body[at:at + length], session]))


class Message:
    """A command, as it came."""

    def __init__(self, pack, place, frames):
        self.pack, self.place = pack, place
        self.peer, self.tag, self.encoding, self.body, session = frames
        require(1 <= len(self.tag) <= 256, "a tag in a session has 1 to 256 bytes")
        require(self.encoding == b"j", "the driver's commands are JSON")
        require(len(session) == 32 or len(session) > 40 and len(session) % 16 == 8, f"a session frame of {len(session)} bytes")
        self.session = session[:16]
        self.number, self.oldest = struct.unpack("!QQ", session[16:32])
        self.number += place
        self.floor = struct.unpack("!Q", session[32:40])[0] if len(session) > 32 else None
        self.behind = [str(uuid.UUID(bytes=session[at:at + 16])) for at in range(40, len(session), 16)]
        if place > 0:
            self.floor, self.behind = None, []
        require(1 <= self.oldest <= self.number, f"number {self.number} says that {self.oldest} is the oldest")
        self.id = json.loads(self.body)["id"]


class Gate(threading.Thread):
    """Lets the first `refused` connections to the sockets of a context not in, as a list of keys does (ZAP, rfc.zeromq.org/spec/27)."""

    def __init__(self, context, refused):
        super().__init__(daemon=True)
        self.asked = 0
        self._left = refused
        self._socket = context.socket(zmq.REP)
        self._socket.bind("inproc://zeromq.zap.01")
        self.start()

    def run(self):
        try:
            while True:
                version, request = self._socket.recv_multipart()[:2]
                self.asked += 1
                self._left -= 1
                verdict = [b"400", b"not on the list"] if self._left >= 0 else [b"200", b""]
                self._socket.send_multipart([version, request, *verdict, b"", b""])
        except zmq.ContextTerminated:
            self._socket.close(0)


class Sockets:
    """A folder with sockets that can be closed, as by a kill, and bound again."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="conf-")
        self._bound = {}

    def endpoint(self, name):
        return f"ipc://{self._folder.name}/{name}"

    def bind(self, name, kind, refused=0):
        """`refused`: so many connections are not let in, before others are."""
        context = zmq.Context()
        socket = context.socket(kind)
        if refused:
            self.gate = Gate(context, refused)
            socket.setsockopt(zmq.ZAP_DOMAIN, b"follow")
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = 100_000
        socket.bind(self.endpoint(name))
        self._bound[name] = (context, socket)
        return socket

    def close(self, name, linger=0):
        """All is gone when it returns: a socket that is closed later would take the next one's file with it."""
        context, socket = self._bound.pop(name)
        socket.close(linger)
        context.term()

    def end(self):
        for name in list(self._bound):
            self.close(name)
        self._folder.cleanup()


class Road(threading.Thread):
    """A long way to a socket of a folder: each byte that comes to `endpoint` takes so many seconds more."""

    def __init__(self, endpoint, to, seconds):
        super().__init__(daemon=True)
        self._to, self._seconds = to.removeprefix("ipc://"), seconds
        self._begin = socket.socket(socket.AF_UNIX)
        self._begin.bind(endpoint.removeprefix("ipc://"))
        self._begin.listen()
        self.start()

    def run(self):
        while True:
            client, _ = self._begin.accept()
            daemon = socket.socket(socket.AF_UNIX)
            daemon.connect(self._to)
            for ends in ((client, daemon), (daemon, client)):
                threading.Thread(target=self._lead, args=ends, daemon=True).start()

    def _lead(self, source, target):
        try:
            while some := source.recv(1 << 16):
                time.sleep(self._seconds)
                target.sendall(some)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # who gave up the way, which is seen at its other end


class Intake:
    """commands.ipc of the daemon that is played."""

    def __init__(self, sockets, ids, name="commands"):
        self._sockets, self._name = sockets, name
        self._socket = sockets.bind(name, zmq.ROUTER)
        self._ids = ids  # of number 1, 2, ..
        self._came = []  # of a pack, and not given yet

    def next(self, within=LONG_ENOUGH):
        """The next request; None when none comes within so many milliseconds."""
        if not self._came:
            if not self._socket.poll(within):
                return None
            self._came = list(Pack(self._socket.recv_multipart()).messages)
        message = self._came.pop(0)
        require(self._ids[message.number - 1:message.number] == [message.id],
                f"number {message.number} is another command than at first")
        return message

    def take(self, count):
        """So many requests, with whatever numbers."""
        messages = []
        while len(messages) < count:
            message = self.next()
            require(message is not None, f"{count} requests are due and only {len(messages)} came")
            messages.append(message)
        return messages

    def expect(self, first, last):
        """The requests with these numbers, in order."""
        messages = self.take(last - first + 1)
        numbers = [message.number for message in messages]
        require(numbers == list(range(first, last + 1)), f"numbers {first} to {last} are due, {numbers} came")
        return messages

    def answer(self, message, receipt):
        """A pack is answered when each of its commands is, and once."""
        pack = message.pack
        if pack.is_one:
            return self.answer_whole(message, receipt)
        pack.receipts.setdefault(message.place, json.dumps(receipt).encode())
        if len(pack.receipts) == len(pack.lengths):
            bodies = [pack.receipts.pop(place) for place in range(len(pack.lengths))]
            self.send([message.peer, message.tag, b"j", b"".join(bodies),
                       b"".join(struct.pack("!I", len(body)) for body in bodies)])
        return None

    def answer_part(self, pack, places):
        """Accepts these of a pack, in a message that says of the others that another one has them."""
        bodies = [json.dumps(accepted(message.number)).encode() if message.place in places else b"" for message in pack.messages]
        self.send([pack.peer, pack.tag, b"j", b"".join(bodies), b"".join(struct.pack("!I", len(body)) for body in bodies)])

    def answer_whole(self, message, receipt):
        self.send([message.peer, message.tag, b"j", json.dumps(receipt).encode()])

    def accept(self, messages):
        for message in messages:
            self.answer(message, accepted(message.number))

    def send(self, frames):
        self._socket.send_multipart(frames)

    def die(self):
        self._sockets.close(self._name)

    def end_well(self):
        """As die(), when all that was answered has gone out."""
        self._sockets.close(self._name, LONG_ENOUGH)

    def live_again(self):
        self._came = []
        self._socket = self._sockets.bind(self._name, zmq.ROUTER)


class Client:
    """The driver of a client, as a process."""

    def __init__(self, driver, arguments, lines=None):
        self._process = subprocess.Popen([*driver, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True)
        self._killer = threading.Timer(2 * LONG_ENOUGH / 1e3, self._process.kill)
        self._killer.start()
        self._said = ""
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        if lines is not None:
            threading.Thread(target=self._feed, args=(lines,), daemon=True).start()

    def _feed(self, lines):
        try:
            for line in lines:
                self._process.stdin.write(line + "\n")
            self._process.stdin.close()
        except OSError:
            pass  # it has ended, which its exit code tells

    def _listen(self):
        self._said = self._process.stderr.read()

    def has_ended(self):
        return self._process.poll() is not None

    def says_something(self, within):
        """Whether a first line comes within so many milliseconds, or its end."""
        return bool(select.select([self._process.stdout], [], [], within / 1e3)[0])

    def line(self):
        return self._process.stdout.readline().rstrip("\n")

    def ended(self, code=0):
        """The lines that it still wrote; it must end with this code."""
        lines = self._process.stdout.read().splitlines()
        ended = self._process.wait()
        require(ended == code, f"it ended with {ended} instead of {code}")
        return lines

    def said(self):
        """Its words for people, when it has ended."""
        self._listening.join()
        return self._said

    def end(self, after=0.0):
        """How it stood, after so many seconds in which it may have been ending, in words."""
        self._killer.cancel()
        try:
            ended = self._process.wait(after)
        except subprocess.TimeoutExpired:
            ended = None
        self._process.kill()
        self._process.wait()
        self._listening.join()
        state = "was still running" if ended is None else f"had ended with {ended}"
        words = f"and had said: {self._said.strip()[-MOST_WORDS:]}" if self._said.strip() else "and had said nothing"
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                stream.close()
            except OSError:
                pass
        return f"the client {state} {words}"


class Play:
    """Sockets that are played, and a client at them. Both end with it; a failure says how the client stood then."""

    def __init__(self, sockets, client):
        self._sockets = sockets
        self.client = client

    def __enter__(self):
        return self

    def __exit__(self, _, failure, trace):
        stood = self.client.end(after=0.0 if failure is None else 1.0)
        self._sockets.end()
        if isinstance(failure, Exception):
            said = str(failure) if isinstance(failure, Wrong) else repr(failure)
            raise Wrong(f"{said}; {stood}") from failure
