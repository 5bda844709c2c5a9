"""What a member of a group must stand (events/PROTOCOL.md, "Groups")."""
import json

import zmq

from played_feed import Event
from player import (BAD_QUESTION, HISTORY_CHANGED, LOG, LONG_ENOUGH, NOT_CATLOG, UNREACHABLE, Client, Play, Sockets, require)

PATIENCE = 15_000
SHORT_PATIENCE = 10_000  # in which a slow machine has been through what is before the silence
SILENT = 5_000  # longer than a slow machine takes for an answer
NAME, MEMBER = "index", "me:1"
NEVER = 0


class Sharing(Play):
    """A groups' socket that is played, and a member at it, which gives up `fails` when they are handed out for the first time."""

    def __init__(self, driver, count=NEVER, fails=(), topics=(), patience=PATIENCE, ask_again=PATIENCE):
        sockets = Sockets()
        self._groups = sockets.bind("groups", zmq.ROUTER)
        super().__init__(sockets, Client(driver, ["share", sockets.endpoint("groups"), patience, ask_again, NAME, MEMBER, count,
                                                  ",".join(map(str, fails)) or "-", *topics]))

    def asked(self, *kinds):
        """The next request, which must be one of these: where to answer, its kind, and what it says."""
        require(self._groups.poll(LONG_ENOUGH), f"it does not ask for {' or '.join(kinds)}")
        peer, tag, encoding, body = self._groups.recv_multipart()
        require(encoding == b"j", "it asks in JSON")
        (kind, said), = json.loads(body).items()
        require(kind in kinds, f"it asks for {kind}, and {' or '.join(kinds)} is due: {said}")
        require(said.get("name") == NAME and said.get("member") == MEMBER, f"each request names the group and the member: {said}")
        return [peer, tag], kind, said

    def is_quiet(self, within):
        return not self._groups.poll(within)

    def send(self, to, body, frames=()):
        self._groups.send_multipart([*to, b"j", body if isinstance(body, bytes) else json.dumps(body).encode(), *frames])

    def let_join(self):
        to, _, said = self.asked("join")
        self.send(to, {"joined": {"logId": LOG, "cursor": 0, "members": 1}})
        return said

    def give_to(self, to, *found):
        """Events, each with the number of its try."""
        deliveries = [{"position": event.position, "try": attempt} for event, attempt in found]
        self.send(to, {"work": {"deliveries": deliveries, "ackMs": 30_000}}, [frame for event, _ in found for frame in event.frames()])

    def give(self, *found):
        """Answers a fetch, which must hold nothing."""
        to, _, said = self.asked("fetch")
        require(said.get("holds") in (None, []), f"it holds nothing when it fetches: {said}")
        require(1 <= int(said.get("limit", 100)) <= 1_000 and 0 <= int(said.get("waitMs", 0)) <= 10_000, f"a fetch out of bounds: {said}")
        self.give_to(to, *found)

    def take_acks(self, *due):
        """Until all of these (position, try) are acknowledged, and none besides."""
        left = list(due)
        while left:
            to, _, said = self.asked("ack")
            for each in told(said):
                require(each in left, f"it acknowledges {each}, of {left}")
                left.remove(each)
            self.send(to, {"done": {}})

    def expect(self, *due):
        for event, attempt in due:
            line = f"{event.position} {event.topic} {attempt}"
            handed_over = self.client.line()
            require(handed_over == line, f"'{line}' is due, it handed over '{handed_over}'")

    def die(self):
        self._sockets.close("groups")

    def live_again(self):
        self._groups = self._sockets.bind("groups", zmq.ROUTER)


def told(said):
    return [(int(each["position"]), int(each["try"])) for each in said["deliveries"]]


def of(position, stream=1, attempt=1):
    return Event(position, of=stream), attempt


def a_member_joins_and_acknowledges_what_it_has_dealt_with(driver):
    with Sharing(driver, topics=["genres/", "movies/"]) as play:
        said = play.let_join()
        require(said.get("topics") == ["genres/", "movies/"] and int(said.get("from", 1)) == 1, f"the name, its topics, from 1: {said}")
        found = [of(1), of(2, stream=2), of(4, attempt=3)]
        play.give(*found)
        play.expect(*found)
        play.take_acks((1, 1), (2, 1), (4, 3))
        play.give()
        play.give(of(7))
        play.expect(of(7))
        play.take_acks((7, 1))


def what_fails_is_given_up_at_once_and_its_stream_left_alone(driver):
    with Sharing(driver, fails=[1]) as play:
        play.let_join()
        play.give(of(1), of(2, stream=2), of(3), of(4, stream=2))
        play.expect(of(1))
        to, _, said = play.asked("nack")
        require(told(said) == [(1, 1)], f"position 1 failed: {said}")
        require(said.get("why") == "as it is played" and int(said.get("delayMs", -1)) == 0, f"why, and when again: {said}")
        play.send(to, {"done": {}})
        play.expect(of(2, stream=2), of(4, stream=2))
        play.take_acks((2, 1), (4, 1))
        play.give(of(1, attempt=2))
        play.expect(of(1, attempt=2))
        play.take_acks((1, 2))
        play.give(of(3))
        play.expect(of(3))


def a_stream_that_was_handed_to_others_is_left_alone(driver):
    with Sharing(driver, fails=[2]) as play:
        play.let_join()
        play.give(of(1), of(2, stream=2), of(3), of(4, stream=3))
        play.expect(of(1), of(2, stream=2))
        play.send(play.asked("nack")[0], {"done": {}})
        to, _, said = play.asked("ack")
        require(told(said) == [(1, 1)], f"position 1 was dealt with: {said}")
        play.send(to, {"done": {"late": [{"position": 1, "try": 1}]}})
        play.expect(of(4, stream=3))  # and not 3
        play.take_acks((4, 1))
        play.send(play.asked("leave")[0], {"done": {}})  # so that what it held besides goes to others
        play.give(of(5))
        play.expect(of(5))


def a_daemon_that_dies_is_asked_again(driver):
    with Sharing(driver) as play:
        play.let_join()
        play.asked("fetch")
        play.die()
        play.live_again()
        play.give(of(1))
        play.expect(of(1))
        first = play.asked("ack")[2]
        play.die()
        play.live_again()
        to, _, again = play.asked("ack")
        require(again == first, f"it acknowledges the same again: {again}")
        play.send(to, {"done": {"late": [{"position": 1, "try": 1}]}})  # which the first had done
        play.send(play.asked("leave")[0], {"done": {}})
        play.give(of(2))
        play.expect(of(2))


def late_and_second_answers_are_passed_over(driver):
    with Sharing(driver) as play:
        play.let_join()
        to, _, _ = play.asked("fetch")
        for frames in ([], [b""], [to[1]], [to[1], b"j"], [b"another", b"j", b"{}"], [b"\xff" * 300, b"j", b"{}"]):
            play._groups.send_multipart([to[0], *frames])
        require(play.is_quiet(within=1_500), "it asks again too early")
        play.give_to(to, of(1))
        play.give_to(to, of(1))
        play.expect(of(1))
        play.take_acks((1, 1))
        again, _, _ = play.asked("fetch")
        play.give_to(to, of(1))
        play.give_to(again, of(2))
        play.expect(of(2))


def a_silent_connection_is_given_up(driver):
    with Sharing(driver, ask_again=SILENT) as play:
        play.let_join()
        first, again = play.asked("fetch")[0], play.asked("fetch")[0]
        require(first[0] != again[0], "a connection may seem to be there and not be: it asks again over another one")
        play.give_to(again, of(1))
        while not play.client.says_something(within=20):  # a slow one may have given up that one too
            if not play.is_quiet(within=0):
                play.give_to(play.asked("fetch")[0], of(1))
        play.expect(of(1))


def a_refusal_ends_it_with_its_code_and_words(driver):
    for code in ("malformed", "invalid", "notFound", "tooMany", "damaged", "forbidden"):
        with Sharing(driver) as play:
            play.send(play.asked("join")[0], {"refused": {"code": code, "message": "words of the daemon"}})
            play.client.ended(BAD_QUESTION)
            said = play.client.said()
            require(code in said and "words of the daemon" in said, f"it ends without the refusal's code and words: {said}")
    with Sharing(driver) as play:
        play.let_join()
        play.send(play.asked("fetch")[0], {"refused": {"code": "historyChanged", "message": "words of the daemon"}})
        play.client.ended(HISTORY_CHANGED)
        require("words of the daemon" in play.client.said(), "it ends without the refusal's words")


def a_full_disk_is_waited_for(driver):
    with Sharing(driver) as play:
        play.let_join()
        play.give(of(1))
        play.expect(of(1))
        for _ in range(2):
            play.send(play.asked("ack")[0], {"refused": {"code": "storageFull", "message": "as it is played"}})
        play.take_acks((1, 1))
        play.give(of(2))
        play.expect(of(2))


def who_ends_tells_what_was_dealt_with_and_leaves(driver):
    with Sharing(driver, count=2) as play:
        play.let_join()
        play.give(of(1), of(2, stream=2), of(3, stream=3))
        play.expect(of(1), of(2, stream=2))
        play.take_acks((1, 1))
        play.send(play.asked("leave")[0], {"done": {}})
        require(play.client.ended() == [], "it handed over more than it was asked for")


def what_is_no_answer_ends_it(driver):
    for body in (b"", b"{", b"[]", b"null", b"{}", b'{"joined":7}', b'{"work":7}', b'{"refused":7}'):
        with Sharing(driver) as play:
            play.send(play.asked("join")[0], body)
            play.client.ended(NOT_CATLOG)
    for body, frames in ((b'{"work":{"deliveries":[{"position":1,"try":1}],"ackMs":30000}}', []), (b'{"work":{"deliveries":7}}', []),
                         (b'{"work":{"deliveries":[{"position":1,"try":1}],"ackMs":30000}}', [b"json/genres/1/", b"{", b"{}"])):
        with Sharing(driver) as play:
            play.let_join()
            play.send(play.asked("fetch")[0], body, frames)
            play.client.ended(NOT_CATLOG)


def nobody_is_there(driver):
    with Sharing(driver, patience=SHORT_PATIENCE) as play:
        play.let_join()
        play.asked("fetch")
        play.die()
        play.client.ended(UNREACHABLE)


# The longest is first, so that it is not left for the end.
SCENARIOS = [nobody_is_there, a_full_disk_is_waited_for, a_member_joins_and_acknowledges_what_it_has_dealt_with,
             what_fails_is_given_up_at_once_and_its_stream_left_alone, a_stream_that_was_handed_to_others_is_left_alone,
             a_daemon_that_dies_is_asked_again, late_and_second_answers_are_passed_over, a_silent_connection_is_given_up,
             a_refusal_ends_it_with_its_code_and_words, who_ends_tells_what_was_dealt_with_and_leaves, what_is_no_answer_ends_it]
