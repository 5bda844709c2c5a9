"""What a client that waits for a position must stand (events/PROTOCOL.md, "Read your writes")."""
import json

import zmq

from player import (BAD_QUESTION, HISTORY_CHANGED, LOG, LONG_ENOUGH, NOT_CATLOG, UNREACHABLE, Client, Play, Sockets, require)

PATIENCE, WITHIN = 15_000, 20_000
SHORT = 1_000  # in which a slow machine has been through what is before the silence


class Waiting(Play):
    """A replay socket that is played, and a client that waits until SQL has position 7."""

    def __init__(self, driver, position=7, within=WITHIN, log="-", patience=PATIENCE, ask_again=PATIENCE):
        sockets = Sockets()
        self._position = position
        self._replay = sockets.bind("replay", zmq.ROUTER)
        super().__init__(sockets, Client(driver, ["wait", sockets.endpoint("replay"), patience, ask_again, position, within, log]))

    def asked(self):
        """The next request: where to answer, and what is asked."""
        require(self._replay.poll(LONG_ENOUGH), "it does not ask the replay socket")
        peer, tag, encoding, body = self._replay.recv_multipart()
        require(encoding == b"j", "it asks in JSON")
        asked = json.loads(body)
        wanted = asked.get("waitFor", {})
        wants = wanted.get("latest") is True and not int(wanted.get("position", 0)) if self._position == "latest" else (
            int(wanted.get("position", 0)) == self._position and "latest" not in wanted)
        require(wants, f"it waits for {self._position}, and asks {asked}")
        require(0 <= int(asked["waitFor"].get("withinMs", 5_000)) <= 30_000, f"nobody is let wait so long: {asked}")
        return [peer, tag], asked["waitFor"]

    def is_quiet(self, within):
        return not self._replay.poll(within)

    def send_frames(self, frames):
        self._replay.send_multipart(frames)

    def send(self, to, body):
        self.send_frames([*to, b"j", body])

    def tell(self, to, position):
        waited = {"isThere": position >= 7, "position": position, "logId": LOG}
        self.send(to, json.dumps({"waited": waited}).encode())

    def ends_with(self, verdict):
        lines = self.client.ended()
        require(lines == [verdict], f"'{verdict}' is due, it said {lines}")

    def die(self, linger=0):
        self._sockets.close("replay", linger)

    def live_again(self):
        self._replay = self._sockets.bind("replay", zmq.ROUTER)


def the_latest_is_asked_for_by_that_name(driver):
    with Waiting(driver, position="latest", log=LOG) as play:
        to, asked = play.asked()
        require(asked.get("logId") == LOG, "of the log that it was told")
        play.tell(to, 6)
        to, _ = play.asked()
        play.tell(to, 8)
        play.ends_with("there")


def it_is_there(driver):
    with Waiting(driver) as play:
        to, asked = play.asked()
        require("logId" not in asked, "whichever log is there")
        play.tell(to, 8)
        play.ends_with("there")


def a_late_answer_is_waited_for(driver):
    with Waiting(driver) as play:
        to, _ = play.asked()
        require(play.is_quiet(within=1_500), "it asks again too early")
        play.tell(to, 7)
        play.ends_with("there")


def one_that_is_not_there_yet_is_asked_for_again(driver):
    with Waiting(driver, log=LOG) as play:
        for position in (0, 6, 7):
            to, asked = play.asked()
            require(asked.get("logId") == LOG, "the log is told each time")
            play.tell(to, position)
        play.ends_with("there")


def one_that_does_not_come_in_time_is_told(driver):
    with Waiting(driver, within=300) as play:
        asked = {"withinMs": 300}
        while int(asked["withinMs"]) > 0:  # the last question is for what is there now
            to, asked = play.asked()
            require(int(asked["withinMs"]) <= 300, f"of 300 ms it waits {asked}")
            play.tell(to, 6)
        play.ends_with("not there")


def answers_to_nothing_are_passed_over(driver):
    with Waiting(driver) as play:
        to, _ = play.asked()
        for frames in ([], [b""], [to[1]], [to[1], b"j"], [b"another", b"j", b"{}"], [b"\xff" * 300, b"j", b"{}"]):
            play.send_frames([to[0], *frames])
        play.tell([to[0], b"another"], 7)
        play.tell(to, 6)
        play.tell(to, 7)  # the second to one question
        to, _ = play.asked()
        play.tell(to, 7)
        play.ends_with("there")


def a_daemon_that_dies_is_asked_again(driver):
    with Waiting(driver) as play:
        play.asked()
        play.die()
        play.live_again()
        play.tell(play.asked()[0], 7)
        play.ends_with("there")


def a_daemon_that_ends_lets_it_go_and_is_asked_again(driver):
    with Waiting(driver) as play:
        play.tell(play.asked()[0], 6)
        play.die(linger=LONG_ENOUGH)
        play.live_again()
        play.tell(play.asked()[0], 7)
        play.ends_with("there")


def a_silent_connection_is_given_up(driver):
    with Waiting(driver, ask_again=SHORT) as play:
        (first, _), asked = play.asked()
        require(int(asked["withinMs"]) < SHORT, "the daemon must answer before it counts as silent")
        to, _ = play.asked()
        require(to[0] != first, "a connection may seem to be there and not be: it asks again over another one")
        while not play.client.says_something(within=20):  # a slow one may have given up that one too
            play.tell(to, 7)
            if not play.is_quiet(within=0):
                to, _ = play.asked()
        play.ends_with("there")


def a_refusal_ends_it(driver):
    for words in (f"/waitFor/logId: this is log {LOG}", f"/waitFor/position: log {LOG} ends at position 6"):
        with Waiting(driver) as play:
            play.send(play.asked()[0], json.dumps({"refused": words}).encode())
            play.client.ended(HISTORY_CHANGED)
    with Waiting(driver) as play:
        play.send(play.asked()[0], json.dumps({"refused": "/waitFor/withinMs: at most 30000"}).encode())
        play.client.ended(BAD_QUESTION)


def what_is_no_answer_ends_it(driver):
    for body in (b"", b"{", b"[]", b"null", b"{}", b'{"status":{"logId":"x","head":7}}', b'{"waited":7}',
                 b'{"waited":{"position":7}}'):
        with Waiting(driver) as play:
            play.send(play.asked()[0], body)
            play.client.ended(NOT_CATLOG)


def nobody_is_there(driver):
    with Waiting(driver, patience=SHORT) as play:
        play.asked()
        play.die()
        play.client.ended(UNREACHABLE)


SCENARIOS = [nobody_is_there, it_is_there, the_latest_is_asked_for_by_that_name, a_late_answer_is_waited_for, one_that_is_not_there_yet_is_asked_for_again,
             one_that_does_not_come_in_time_is_told, answers_to_nothing_are_passed_over, a_daemon_that_dies_is_asked_again,
             a_daemon_that_ends_lets_it_go_and_is_asked_again, a_silent_connection_is_given_up, a_refusal_ends_it,
             what_is_no_answer_ends_it]
