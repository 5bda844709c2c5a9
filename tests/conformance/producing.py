"""What a client that sends commands must stand (events/PROTOCOL.md, "Sessions")."""
import json
import random
import time
import uuid

import zmq

from player import (LONG_ENOUGH, NOT_CATLOG, UNREACHABLE, Client, Intake, Play, Road, Sockets, accepted, command_id, refused,
                    require)

COMMANDS, WINDOW, MANY, PATIENCE = 20, 8, 500, 15_000
FAR = 0.08  # seconds to the machine, and as many back: several ways there until a connection is up
SHORT_PATIENCE = 4_000  # in which a slow machine has been through what is before the silence
NO_ID = str(uuid.UUID(int=0))


class Producing(Play):
    """An intake that is played, and a client that sends it commands 1, 2, .."""

    def __init__(self, driver, commands=COMMANDS, window=WINDOW, patience=PATIENCE, ask_again=PATIENCE, ids=None, pack=1,
                 what="produce"):
        ids = ids or [command_id(number) for number in range(1, commands + 1)]
        self.commands = len(ids)
        sockets = Sockets()
        self.intake = Intake(sockets, ids)
        self.endpoint = sockets.endpoint
        self.another = lambda: (sockets.endpoint("another"), Intake(sockets, ids, "another"))
        super().__init__(sockets, Client(driver, [what, sockets.endpoint("commands"), window, patience, ask_again, pack],
                                         [json.dumps({"id": id_, "putGenre": {"tmdbId": 1, "name": f"G{number}"}})
                                          for number, id_ in enumerate(ids, 1)]))

    def accept_rest(self, first):
        """Accepts all from this number on, which come in order and once."""
        for number in range(first, self.commands + 1):
            self.intake.accept(self.intake.expect(number, number))

    def accept_until_it_ends(self):
        """Whatever comes, and however often: a slow client may give up a connection, and ask again over another one."""
        while not self.client.has_ended():
            if (message := self.intake.next(within=20)) is not None:
                self.intake.accept([message])

    def finish(self, receipts=None):
        """The client must have handed over these receipts, in order, each once."""
        receipts = receipts or [accepted(number) for number in range(1, self.commands + 1)]
        lines = [json.loads(line) for line in self.client.ended()]
        require(lines == receipts, f"it handed over {lines}")


def each_is_answered(driver):
    with Producing(driver) as play:
        sessions = set()
        for number in range(1, COMMANDS + 1):
            message, = play.intake.expect(number, number)
            sessions.add(message.session)
            require(not message.behind, "ids of others are for what is sent again")
            play.intake.accept([message])
        require(len(sessions) == 1, "one run of a producer is one session")
        play.finish()


def two_runs_are_two_sessions(driver):
    sessions = set()
    for _ in range(2):
        with Producing(driver, commands=1) as play:
            message, = play.intake.expect(1, 1)
            sessions.add(message.session)
            play.intake.accept([message])
            play.finish()
    require(len(sessions) == 2, "a run of a producer is a session of its own")


def no_more_than_the_window_is_open(driver):
    with Producing(driver) as play:
        messages = play.intake.expect(1, WINDOW)
        require(play.intake.next(within=200) is None, "more is open than the window allows")
        require({message.oldest for message in messages} == {1}, "the oldest one without a receipt is the first")
        play.intake.accept(messages)
        play.accept_rest(WINDOW + 1)
        play.finish()


def late_answers_are_waited_for(driver):
    with Producing(driver) as play:
        messages = play.intake.expect(1, WINDOW)
        require(play.intake.next(within=1_500) is None, "it asks again too early")
        play.intake.accept(messages)
        play.accept_rest(WINDOW + 1)
        play.finish()


def second_answers_are_passed_over(driver):
    with Producing(driver) as play:
        for number in range(1, COMMANDS + 1):
            message, = play.intake.expect(number, number)
            play.intake.accept([message, message])
            play.intake.answer(message, refused("busy", number))
        play.finish()


def answers_out_of_order_are_handed_over_in_order(driver):
    with Producing(driver, commands=WINDOW) as play:
        messages = play.intake.expect(1, WINDOW)
        play.intake.accept(reversed(messages))
        play.accept_until_it_ends()
        play.finish()


def strange_frames_are_passed_over(driver):
    with Producing(driver) as play:
        for number in range(1, COMMANDS + 1):
            message, = play.intake.expect(number, number)
            for frames in ([], [b""], [b"", b"", b""], [message.tag], [message.tag, b"j"], [b"x" * 16, b"j", b"{}"],
                           [bytes(16), b"j", b"{}"], [message.tag, b"j", b"{}", b"more"], [b"\xff" * 300, b"j", b"{}"]):
                play.intake.send([message.peer, *frames])
            play.intake.accept([message])
        play.finish()


def a_receipt_that_cannot_be_read_ends_it(driver):
    for body in (b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b"{\"accepted\":"):
        with Producing(driver, commands=1) as play:
            message, = play.intake.expect(1, 1)
            play.intake.send([message.peer, message.tag, b"j", body])
            play.client.ended(NOT_CATLOG)


def a_daemon_that_dies_gets_what_it_did_not_answer(driver):
    with Producing(driver) as play:
        play.intake.accept(play.intake.expect(1, WINDOW)[:3])
        play.intake.expect(WINDOW + 1, WINDOW + 3)
        play.intake.die()
        play.intake.live_again()
        again = play.intake.expect(4, WINDOW + 3)
        require(all(message.oldest == 4 for message in again), "the oldest one without a receipt is number 4")
        require(again[0].floor == 3, f"the last position of a receipt is 3, it says {again[0].floor}")
        play.intake.accept(again)
        play.accept_rest(WINDOW + 4)
        play.finish()


def the_first_that_comes_again_names_those_behind_it(driver):
    with Producing(driver, commands=WINDOW) as play:
        play.intake.expect(1, WINDOW)
        play.intake.die()
        play.intake.live_again()
        first, *others = play.intake.expect(1, WINDOW)
        ids = [json.loads(message.body)["id"] for message in others]
        require(first.behind == ids, f"behind number 1 stand {ids}, it says {first.behind}")
        play.intake.accept([first, *others])
        play.finish()


def ids_that_are_none_stand_behind_it_as_zeros(driver):
    good = command_id(2)
    bad = ["", "nonsense", 7, good.replace("-", ""), "0196" * 16, good + "0", "{" + good + "}", good[:-1], good[:-1] + "g"]
    ids = [command_id(1), *bad, command_id(3)]
    with Producing(driver, ids=ids, window=len(ids)) as play:
        play.intake.expect(1, len(ids))
        play.intake.die()
        play.intake.live_again()
        first, *others = play.intake.expect(1, len(ids))
        due = [NO_ID] * len(bad) + [command_id(3)]
        require(first.behind == due, f"behind number 1 stand {due}, it says {first.behind}")
        play.intake.accept([first, *others])
        play.finish()


def daemons_that_die_again_and_again(driver):
    with Producing(driver) as play:
        for answered in range(0, COMMANDS, 4):
            last = min(answered + WINDOW, COMMANDS)
            messages = play.intake.expect(answered + 1, last)
            if last == COMMANDS:
                play.intake.accept(messages)
                break
            play.intake.accept(messages[:4])
            play.intake.take(4)  # it has read the receipts
            play.intake.die()
            play.intake.live_again()
        play.accept_until_it_ends()
        play.finish()


def a_daemon_that_ends_before_its_answers_are_read_answers_again(driver):
    with Producing(driver, commands=WINDOW) as play:
        messages = play.intake.expect(1, WINDOW)
        play.intake.accept(messages)
        play.intake.die()
        play.intake.live_again()
        play.accept_until_it_ends()
        play.finish()


def what_had_arrived_before_the_daemon_ended_is_not_asked_for(driver):
    with Producing(driver, commands=MANY, window=MANY) as play:
        play.intake.accept(play.intake.expect(1, MANY))
        play.intake.end_well()
        play.intake.live_again()
        play.finish()
        require(play.intake.next(within=0) is None, "it asks again for what was answered")


def what_overtook_comes_again_once_and_in_order(driver):
    with Producing(driver, commands=WINDOW) as play:
        first, _, *overtook = play.intake.expect(1, WINDOW)  # the second is lost
        play.intake.accept([first])
        for message in overtook:
            play.intake.answer(message, refused("outOfOrder"))
        again = play.intake.expect(2, WINDOW)
        require(again[0].oldest == 2, "the oldest one without a receipt is number 2")
        require(play.intake.next(within=300) is None, "it sends all again for each that overtook")
        play.intake.accept(again)
        play.finish()


def an_answer_that_is_lost_is_asked_for(driver):
    with Producing(driver, commands=WINDOW) as play:
        first, _, *others = play.intake.expect(1, WINDOW)
        play.intake.accept([first, *others])
        play.accept_until_it_ends()
        play.finish()


def a_silent_connection_is_given_up(driver):
    with Producing(driver, commands=WINDOW, ask_again=1_000) as play:
        first, = play.intake.expect(1, 1)
        last = first
        while (message := play.intake.take(1)[0]).peer == first.peer:
            require(message.number > last.number,
                    "a connection may seem to be there and not be: it asks again over another one")
            last = message
        play.intake.accept([message])
        play.accept_until_it_ends()
        play.finish()


def expect_there(writer, other, receipt, first, last):
    """The requests with these numbers at the one, in order. A client whose connection takes too long tries the other one, which
    answers this to whatever comes."""
    messages, until = [], time.monotonic() + LONG_ENOUGH / 1e3
    while len(messages) < last - first + 1 and time.monotonic() < until:
        if (message := writer.next(within=20)) is not None:
            messages.append(message)
        if (stray := other.next(within=20)) is not None:
            other.answer(stray, receipt)
    numbers = [message.number for message in messages]
    require(numbers == list(range(first, last + 1)), f"numbers {first} to {last} are due, {numbers} came")
    return messages


def another_machine_writes(driver):
    with Producing(driver) as play:
        messages = play.intake.expect(1, WINDOW)
        endpoint, another = play.another()
        led = {"refused": {"code": "notLeader", "message": "as it is played", "leader": endpoint}}
        for message in messages:
            play.intake.answer(message, led)
        again = expect_there(another, play.intake, led, 1, WINDOW)
        require(again[0].behind == [command_id(number) for number in range(2, WINDOW + 1)], "it was sent before")
        require(another.next(within=300) is None, "it sends all again for each that says so")
        another.accept(again[:2])
        others = another.expect(WINDOW + 1, WINDOW + 2)
        # Nobody writes now: it tries the machines in turn.
        for message in [*again[2:], *others]:
            another.answer(message, refused("notLeader"))
        play.intake.accept(expect_there(play.intake, another, refused("notLeader"), 3, WINDOW + 2))
        play.accept_rest(WINDOW + 3)
        play.finish()


def a_stranger_is_not_believed_to_write(driver):
    """Without keys a client goes nowhere beyond this machine, whoever says so: as where nobody writes."""
    with Producing(driver) as play, zmq.Context() as context, context.socket(zmq.ROUTER) as stranger:
        stranger.linger = 0
        port = stranger.bind_to_random_port("tcp://127.0.0.1")
        # The same place by a name that is not the loopback interface's.
        led = {"refused": {"code": "notLeader", "message": "as it is played", "leader": f"tcp://0.0.0.0:{port}", "leaderKey": "k" * 40}}
        for message in play.intake.expect(1, WINDOW):
            play.intake.answer(message, led)
        play.intake.accept(play.intake.expect(1, WINDOW))
        play.accept_rest(WINDOW + 1)
        play.finish()
        require(not stranger.poll(0), "a stranger was sent commands")


def a_machine_that_writes_is_far_away(driver):
    with Producing(driver) as play:
        endpoint, another = play.another()
        Road(play.endpoint("road"), endpoint, FAR)
        led = {"refused": {"code": "notLeader", "message": "as it is played", "leader": play.endpoint("road")}}
        for message in play.intake.expect(1, WINDOW):
            play.intake.answer(message, led)
        another.accept(expect_there(another, play.intake, led, 1, WINDOW))
        for number in range(WINDOW + 1, COMMANDS + 1):
            another.accept(expect_there(another, play.intake, led, number, number))
        play.finish()


def refusals_are_receipts(driver):
    codes = {3: "invalid", 4: "storageFull", 5: "busy", 6: "tooLate"}
    with Producing(driver) as play:
        receipts = []
        for number in range(1, COMMANDS + 1):
            message, = play.intake.expect(number, number)
            receipts.append(refused(codes[number], number) if number in codes else accepted(number))
            play.intake.answer(message, receipts[-1])
        play.finish(receipts)


def what_a_later_catlog_says_more_is_passed_over(driver):
    with Producing(driver) as play:
        for number in range(1, COMMANDS + 1):
            message, = play.intake.expect(number, number)
            receipt = accepted(number)
            play.intake.answer(message, {**receipt, "accepted": {**receipt["accepted"], "later": 1}, "later": {"a": [1]}})
        lines = [json.loads(line) for line in play.client.ended()]
        require([line["id"] for line in lines] == [command_id(number) for number in range(1, COMMANDS + 1)], f"it handed over {lines}")


def nobody_is_there(driver):
    with Producing(driver, patience=SHORT_PATIENCE) as play:
        play.intake.accept(play.intake.expect(1, WINDOW)[:5])
        play.intake.expect(WINDOW + 1, WINDOW + 5)  # it has read the receipts
        play.intake.die()
        lines = [json.loads(line) for line in play.client.ended(UNREACHABLE)]
        require(lines == [accepted(number) for number in range(1, 6)], f"it handed over {lines}")


def a_daemon_of_chance(driver, pack=1):
    """One that keeps to the protocol, over connections and lives that end at any moment."""
    for seed in range(3):
        chance = random.Random(seed)
        with Producing(driver, commands=60, ask_again=300, pack=pack) as play:
            judged, expected = [], 1
            while len(judged) < play.commands:
                message = play.intake.next()
                require(message is not None, f"seed {seed}: after {len(judged)} it sends nothing more")
                expected = max(expected, message.oldest)
                if message.number == expected:
                    judged.append(message.number)
                    expected += 1
                fate = chance.random()
                if fate < 0.02:
                    play.intake.die()
                    play.intake.live_again()
                elif message.number >= expected:
                    play.intake.answer(message, refused("outOfOrder"))
                elif fate > 0.05:
                    play.intake.accept([message])
            require(judged == list(range(1, play.commands + 1)), f"seed {seed}: they were judged as {judged}")
            play.accept_until_it_ends()
            play.finish()


SCENARIOS = [each_is_answered, two_runs_are_two_sessions, no_more_than_the_window_is_open, late_answers_are_waited_for,
             second_answers_are_passed_over, answers_out_of_order_are_handed_over_in_order, strange_frames_are_passed_over,
             a_receipt_that_cannot_be_read_ends_it, a_daemon_that_dies_gets_what_it_did_not_answer,
             the_first_that_comes_again_names_those_behind_it, ids_that_are_none_stand_behind_it_as_zeros,
             daemons_that_die_again_and_again, a_daemon_that_ends_before_its_answers_are_read_answers_again,
             what_had_arrived_before_the_daemon_ended_is_not_asked_for, what_overtook_comes_again_once_and_in_order,
             an_answer_that_is_lost_is_asked_for, a_silent_connection_is_given_up, another_machine_writes,
             a_stranger_is_not_believed_to_write, a_machine_that_writes_is_far_away, refusals_are_receipts,
             what_a_later_catlog_says_more_is_passed_over, nobody_is_there, a_daemon_of_chance]
