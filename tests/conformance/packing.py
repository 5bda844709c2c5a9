"""Producers that send packs: several commands in one message, whose receipts come in one too, or in several."""
import json
import struct

from player import accepted, refused, require
from producing import a_daemon_of_chance, MANY, Producing, WINDOW

PACK, LARGE = 4, 64
FEW = 200  # whose receipts a pipe holds


def ends_with(play, messages, otherwise):
    """Nothing comes behind these, which are taken."""
    require(play.intake.next(within=300) is None, otherwise)
    play.intake.accept(messages)
    play.finish()


def what_waits_goes_in_packs(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        messages = play.intake.expect(1, MANY)
        sizes = [len(pack.lengths) for pack in {message.pack for message in messages}]
        require(max(sizes) <= LARGE, f"packs of {sizes}")
        require(len(sizes) <= MANY / 2, f"{MANY} commands came in {len(sizes)} messages")
        play.intake.accept(messages)
        play.finish()


def a_window_that_is_full_holds_packs_too(driver):
    with Producing(driver, pack=PACK) as play:
        messages = play.intake.expect(1, WINDOW)
        require(play.intake.next(within=200) is None, "more is open than the window allows")
        play.intake.accept(messages)
        play.accept_until_it_ends()
        play.finish()


def second_answers_to_packs_are_passed_over(driver):
    with Producing(driver, pack=PACK) as play:
        while not play.client.has_ended():
            if (message := play.intake.next(within=20)) is not None:
                play.intake.accept([message])
                if message.place == len(message.pack.lengths) - 1:
                    play.intake.accept(message.pack.messages)
        play.finish()


def packs_that_are_answered_out_of_order_are_handed_over_in_order(driver):
    with Producing(driver, commands=WINDOW, pack=PACK) as play:
        play.intake.accept(reversed(play.intake.expect(1, WINDOW)))
        play.accept_until_it_ends()
        play.finish()


def a_daemon_that_dies_gets_the_packs_that_it_did_not_answer(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        play.intake.expect(1, MANY)
        play.intake.die()
        play.intake.live_again()
        first, *others = play.intake.expect(1, MANY)
        ids = [json.loads(message.body)["id"] for message in others]
        require(first.behind == ids, "the first that comes again names all behind it, within its pack and beyond")
        play.intake.accept([first, *others])
        play.finish()


def some_of_a_pack_overtook(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        messages = play.intake.expect(1, MANY)
        pack = next(message.pack for message in messages if not message.pack.is_one)
        middle = pack.messages[len(pack.lengths) // 2].number
        for message in messages:
            play.intake.answer(message, accepted(message.number) if message.number < middle else refused("outOfOrder"))
        again = play.intake.expect(middle, MANY)
        require(again[0].oldest == middle, f"the oldest one without a receipt is number {middle}")
        ends_with(play, again, "it sends all again for each that overtook")


def a_daemon_that_knows_no_packs_gets_each_command_by_itself(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        first = play.intake.expect(1, MANY)
        before = 0  # what came by itself was taken; behind a pack all is out of order
        for message in first:
            if not message.pack.is_one:
                if message.place == 0:
                    play.intake.answer_whole(message, refused("malformed"))
            elif before == message.number - 1:
                before = message.number
                play.intake.accept([message])
            else:
                play.intake.answer(message, refused("outOfOrder"))
        again = play.intake.expect(before + 1, MANY)
        require(all(message.pack.is_one for message in again), "it sends packs to a daemon that knows none")
        ends_with(play, again, "it sends all again for each pack that is refused")


def another_machine_takes_the_packs(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        messages = play.intake.expect(1, MANY)
        endpoint, another = play.another()
        led = {"refused": {"code": "notLeader", "message": "as it is played", "leader": endpoint}}
        for message in messages:
            if message.place == 0:
                play.intake.answer_whole(message, led)
        again = another.expect(1, MANY)
        require(not all(message.pack.is_one for message in again), "it sends packs no more, although one is no leader only")
        another.accept(again)
        play.finish()


def strange_answers_to_packs_are_passed_over(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        messages = play.intake.expect(1, MANY)
        for message in messages:
            count = len(message.pack.lengths)
            if message.pack.is_one or message.place != count - 1:
                continue
            for lengths in (b"", b"x", struct.pack("!I", 2), struct.pack("!I", 1) * (count - 1), b"\xff" * 4 * count,
                            struct.pack("!I", 1) * (count + 1)):
                play.intake.send([message.peer, message.tag, b"j", b"{}", lengths])
        play.intake.accept(messages)
        play.finish()


def what_is_sent_over_a_connection_that_is_there_goes_in_packs(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE, what="onward") as play:
        play.intake.accept(play.intake.expect(1, 1))
        messages = play.intake.expect(2, MANY)
        require(not all(message.pack.is_one for message in messages), "it sends everything by itself")
        play.intake.accept(messages)
        play.finish()


def the_same_where_the_window_is_small(driver):
    with Producing(driver, commands=FEW, window=4 * PACK, pack=PACK, what="onward") as play:
        play.accept_rest(1)
        play.finish()


def whoever_gets_a_receipt_may_send(driver):
    """Many answers lie ready, and each callback sends one more: none runs within another one, and nothing is sent again."""
    for pack in (1, LARGE):
        with Producing(driver, commands=2 * FEW, window=FEW + 1, pack=pack, what="chain") as play:
            play.intake.accept(play.intake.expect(1, FEW))
            play.accept_rest(FEW + 1)
            play.finish()


def in_parts(pack):
    third = max(1, len(pack.lengths) // 3)
    return [range(0, third), range(third, 2 * third), range(2 * third, len(pack.lengths))]


def a_pack_is_answered_in_several_messages(driver):
    with Producing(driver, commands=MANY, window=MANY, pack=LARGE) as play:
        messages = play.intake.expect(1, MANY)
        for message in messages:
            if message.pack.is_one:
                play.intake.accept([message])
            elif message.place == 0:
                first, second, third = in_parts(message.pack)
                for part in (first, first, second, [], third, second):
                    play.intake.answer_part(message.pack, part)
        play.finish()
        require(play.intake.next(within=0) is None, "it asks again for what was answered")


def a_pack_is_answered_in_several_messages_out_of_order(driver):
    with Producing(driver, commands=FEW, window=FEW, pack=LARGE) as play:
        messages = play.intake.expect(1, FEW)
        for message in messages:
            if message.pack.is_one:
                play.intake.accept([message])
            elif message.place == 0:
                for part in reversed(in_parts(message.pack)):
                    play.intake.answer_part(message.pack, part)
        play.accept_until_it_ends()
        play.finish()


def a_daemon_of_chance_takes_packs(driver):
    a_daemon_of_chance(driver, pack=PACK)


SCENARIOS = [what_waits_goes_in_packs, a_window_that_is_full_holds_packs_too, second_answers_to_packs_are_passed_over,
             packs_that_are_answered_out_of_order_are_handed_over_in_order, a_daemon_that_dies_gets_the_packs_that_it_did_not_answer,
             some_of_a_pack_overtook, a_daemon_that_knows_no_packs_gets_each_command_by_itself, another_machine_takes_the_packs,
             strange_answers_to_packs_are_passed_over, what_is_sent_over_a_connection_that_is_there_goes_in_packs,
             the_same_where_the_window_is_small, whoever_gets_a_receipt_may_send, a_pack_is_answered_in_several_messages,
             a_pack_is_answered_in_several_messages_out_of_order, a_daemon_of_chance_takes_packs]
