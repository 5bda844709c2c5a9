"""What a client that follows changes must stand (events/PROTOCOL.md, "Changes", "Replay", "Cursors")."""
from played_feed import Event, Following, events, live
from player import BAD_QUESTION, HISTORY_CHANGED, LOG, NOT_CATLOG, UNREACHABLE, command_id, require

MANY = 900
SHORT_PATIENCE = 4_000  # in which a slow machine has been through what is before the silence
OTHER_LOG = "01a2b3c4-0000-7000-8000-000000000002"
ENDS_BEFORE = (f"/read/from: log {LOG} ends at position 1, so it has lost what was read up to 2: it was restored from an earlier "
               "backup; start over from position 1")


def it_catches_up_in_chunks_and_goes_live(driver):
    with Following(driver) as play:
        require(play.subscribed() == {"json/"}, "all is subscribed to, so that nothing is missed unseen")
        play.tell_status(5)
        first = play.give(1, events(1, 2), 3, at_head=False)
        require(first.get("logId") == LOG, "a position is one of a log: give logId")
        second = play.give(3, events(3, 5), 6)
        require(second.get("lastCommandId") == command_id(2), "what is before `from` is told by lastCommandId")
        play.publish(*events(6, 7))
        play.expect(*events(1, 7))


def an_empty_chunk_is_not_the_end(driver):
    with Following(driver) as play:
        play.subscribed()
        play.tell_status(5)
        play.give(1, [], 4, at_head=False)
        play.give(4, events(4, 5), 6)
        play.expect(*events(4, 5))


def a_gap_is_fetched(driver):
    with live(driver) as play:
        play.publish(Event(4), Event(7), Event(8))
        asked = play.give(5, events(5, 8), 9)
        require(asked.get("lastCommandId") == command_id(4), "what is before `from` is told by lastCommandId")
        play.publish(Event(9))
        play.expect(*events(4, 9))


def a_lost_last_message_is_seen_by_the_head(driver):
    with live(driver) as play:
        play.publish(Event(4))
        play.head(6)
        play.give(5, events(5, 6), 7)
        play.expect(*events(4, 6))


def what_comes_twice_is_handed_over_once(driver):
    with live(driver) as play:
        play.publish(Event(2), Event(3), Event(4), Event(4), Event(3), Event(5))
        play.expect(Event(4), Event(5))
        require(play.is_quiet(200), "it asks for what it has")


def what_was_published_while_it_asked_is_handed_over_once(driver):
    with Following(driver) as play:
        play.subscribed()
        play.tell_status(3)
        to, _ = play.asked()
        play.publish(*events(2, 5))
        play.give_to(to, events(1, 4), 5)
        play.expect(*events(1, 5))


def another_log_in_the_feed_ends_it(driver):
    with live(driver) as play:
        play.publish(Event(4, log=OTHER_LOG))
        require(play.client.ended(HISTORY_CHANGED) == [], "an event of another log was handed over")


def another_log_in_a_head_ends_it(driver):
    with live(driver) as play:
        play.head(3, log=OTHER_LOG)
        play.client.ended(HISTORY_CHANGED)


def a_cursor_of_another_log_ends_it(driver):
    with Following(driver, from_=3, log=OTHER_LOG) as play:
        play.tell_status(9)
        play.client.ended(HISTORY_CHANGED)


def a_cursor_beyond_the_end_ends_it(driver):
    with Following(driver, from_=9, log=LOG) as play:
        play.tell_status(3)
        play.client.ended(HISTORY_CHANGED)


def a_cursor_is_asked_with_all_that_it_holds(driver):
    with Following(driver, from_=3, log=LOG, last_command=command_id(2)) as play:
        play.tell_status(4)
        asked = play.give(3, events(3, 4), 5)
        require(asked.get("logId") == LOG and asked.get("lastCommandId") == command_id(2), f"a cursor is three things: {asked}")
        play.expect(*events(3, 4))


def a_refusal_of_replay_ends_it(driver):
    of_the_cursor = (f"/read/logId: this is log {OTHER_LOG}: positions of another log mean nothing here; start over from position 1",
                     ENDS_BEFORE,
                     "/read/lastCommandId: the event at position 2 is not of this command, so what was read up to there is of a "
                     "history that was lost: the log was restored from an earlier backup; start over from position 1",
                     f"read.logId: this is log {OTHER_LOG}")  # as an earlier release said it
    for sentence in of_the_cursor:
        with Following(driver, from_=3, log=LOG, last_command=command_id(2)) as play:
            play.answer(play.asked_to_read(4), {"refused": sentence})
            play.client.ended(HISTORY_CHANGED)


def a_bad_question_is_no_other_history(driver):
    """Nothing that was made of the log is to be dropped because of a mistyped topic."""
    of_the_question = ("/read/topics/0: matches no stream; topics start as `movies/42/` does, without an encoding",
                       "/read/limit: must be a whole number", "a replay request has at most 65536 bytes")
    for sentence in of_the_question:
        with Following(driver, topics=["genres/1/"]) as play:
            play.answer(play.asked_to_read(4), {"refused": sentence})
            play.client.ended(BAD_QUESTION)


def a_head_before_the_cursor_is_asked_about(driver):
    """Late, or a log that was put back: the replay socket tells."""
    with live(driver) as play:
        play.head(1)
        play.give(4, [], 4)
        play.publish(Event(4))
        play.expect(Event(4))
        play.head(1)
        to, _ = play.asked()
        play.answer(to, {"refused": ENDS_BEFORE})
        play.client.ended(HISTORY_CHANGED)


def a_daemon_that_dies_is_asked_again(driver):
    with Following(driver) as play:
        play.tell_status(4)
        play.asked()
        play.die()
        play.live_again()
        play.give(1, events(1, 4), 5)
        play.expect(*events(1, 4))


def what_had_arrived_before_the_daemon_ended_is_not_asked_for(driver):
    """Also a chunk of many frames, of which ZeroMQ's own work may be due at any one."""
    with Following(driver) as play:
        play.subscribed()
        play.tell_status(MANY)
        play.give(1, events(1, MANY), MANY + 1)
        play.end_well()
        play.live_again()
        play.expect(*events(1, MANY))
        play.publish(Event(MANY + 1))
        play.expect(Event(MANY + 1))
        require(play.is_quiet(within=0), "it asks again for what was answered")


def a_silent_connection_is_given_up(driver):
    with Following(driver, ask_again=1_000) as play:
        first, again = play.asked_to_read(2), play.asked_to_read(2)
        require(first[0] != again[0], "a connection may seem to be there and not be: it asks again over another one")
        play.give_to(again, events(1, 2), 3)
        while not play.client.says_something(within=20):  # a slow one may have given up that one too
            if not play.is_quiet(within=0):
                play.give_to(play.asked_to_read(2), events(1, 2), 3)
        play.expect(*events(1, 2))


def second_answers_are_passed_over(driver):
    with Following(driver) as play:
        play.subscribed()
        play.tell_status(4)
        to, _ = play.asked()
        for _ in range(2):
            play.give_to(to, events(1, 2), 3, at_head=False)
        play.give(3, events(3, 4), 5)
        play.give_to(to, events(1, 2), 3)
        play.publish(Event(5))
        play.expect(*events(1, 5))


def one_stream_is_followed_by_its_own_chain(driver):
    with Following(driver, topics=["genres/1/"]) as play:
        require(play.subscribed() == {"json/genres/1/"}, "only its stream is subscribed to")
        play.tell_status(4)
        play.give(1, [Event(2, in_stream=0)], 5)
        play.publish(Event(9, in_table=8, in_stream=2))
        play.expect(Event(2), Event(9))
        play.publish(Event(20, in_table=19, in_stream=15))
        play.give(10, [Event(15), Event(20)], 21)
        play.expect(Event(15), Event(20))


def one_table_is_followed_by_its_own_chain(driver):
    with Following(driver, topics=["genres/"]) as play:
        require(play.subscribed() == {"json/genres/"}, "only its table is subscribed to")
        play.tell_status(4)
        play.give(1, [Event(2)], 5)
        play.publish(Event(9, in_table=2))
        play.expect(Event(2), Event(9))
        play.head(30, tables=[("genres", 9), ("movies", 30)])
        require(play.is_quiet(200), "what other tables have is not missing")
        play.head(40, tables=[("genres", 35), ("movies", 40)])
        play.give(31, [Event(35)], 41)
        play.expect(Event(35))


def topics_of_several_tables_are_filtered(driver):
    with Following(driver, topics=["genres/1/", "movies/"]) as play:
        require(play.subscribed() == {"json/"}, "over several tables only the whole feed shows what is missing")
        play.tell_status(0)
        play.give(1, [], 1)
        play.publish(Event(1), Event(2, of=2), Event(3, table="users"), Event(4, table="movies"))
        play.expect(Event(1), Event(4, table="movies"))


def what_a_later_catlog_says_more_is_passed_over(driver):
    """Headers and answers get more members in time."""
    def of_later(position):
        event = Event(position)
        event.header.update(names={"genre": {"id": 1, "tmdbId": 1, "later": 1}, "later": {"id": 1}}, later=1)
        return event

    with Following(driver) as play:
        play.subscribed()
        to, _ = play.asked()
        play.answer(to, {"status": {"logId": LOG, "head": 2, "later": 1}, "later": 1})
        to, _ = play.asked()
        play.answer(to, {"chunk": {"next": 3, "events": 2, "atHead": True, "lastCommandId": command_id(2), "later": [1]}},
                    [of_later(1), of_later(2)])
        play.publish(of_later(3))
        play.expect(*events(1, 3))


def what_is_no_feed_ends_it(driver):
    for frames in ([b"json/x", b"{", b"{}"], [b"json/x"], [b"json/x", b"[]", b"{}"], [b"head/", b"nonsense"],
                   [b"json/genres/1/", b"\xff", b"{}"]):
        with live(driver) as play:
            play.feed.send_multipart(frames)
            play.client.ended(NOT_CATLOG)


def what_is_no_answer_ends_it(driver):
    for body in (b"", b"{", b"[]", b"{}", b'{"chunk":{"next":"2","events":9,"atHead":true}}', b'{"status":{"logId":"x","head":"1"}}'):
        with Following(driver) as play:
            play.tell_status(4)
            to, _ = play.asked()
            play._replay.send_multipart([*to, b"j", body])
            play.client.ended(NOT_CATLOG)


def nobody_is_there(driver):
    with live(driver, patience=SHORT_PATIENCE) as play:
        play.publish(Event(9))
        play.asked()
        play.die()
        play.client.ended(UNREACHABLE)


def a_feed_that_lets_nobody_in_is_told(driver):
    with Following(driver, refused=1_000) as play:
        play.tell_status(3)
        while not play.client.has_ended():
            play.give_what_is_asked_for(head=3)
        play.client.ended(BAD_QUESTION)
        require("400" in play.client.said() and "forbidden" in play.client.said(),
                f"it ends without the refusal's code and words: {play.client.said()}")
        require(play._sockets.gate.asked > 1, "a list may be about to change: it tries once more")


def a_feed_that_lets_it_in_later_is_followed(driver):
    with Following(driver, refused=2) as play:
        while not play.feed.poll(0):
            play.give_what_is_asked_for(head=3)
        play.subscribed()
        for due in (events(1, 3), [Event(4)]):
            play.publish(*due)
            while not play.client.says_something(within=0):
                play.give_what_is_asked_for(head=due[-1].position)  # a slow one may have lost its feed again meanwhile
            play.expect(*due)


def a_silent_feed_is_asked_about(driver):
    """A feed tells each second how far it is. What the replay socket refuses then is told."""
    words = "the role producer may not read the log; ask whoever runs the daemon for a key of a subscriber"
    with live(driver, ask_again=1_000) as play:
        play.give_to(play.asked_to_read(3), [Event(4)], 5)
        play.expect(Event(4))
        play.answer(play.asked_to_read(4), {"refused": words})
        play.client.ended(BAD_QUESTION)
        require(words in play.client.said(), f"it ends without the refusal's words: {play.client.said()}")


def a_feed_that_is_cut_off_again_and_again_is_told(driver):
    with live(driver, patience=SHORT_PATIENCE) as play:
        while not play.client.has_ended():
            play.cut_feed()
            play.feed.poll(200)
            play.give_what_is_asked_for(head=3)
        play.client.ended(UNREACHABLE)
        require("cut off" in play.client.said(), f"it ends without words about the feed: {play.client.said()}")


# The longest is first, so that it is not left for the end.
SCENARIOS = [a_feed_that_lets_nobody_in_is_told, a_feed_that_is_cut_off_again_and_again_is_told, nobody_is_there,
             a_feed_that_lets_it_in_later_is_followed, a_silent_feed_is_asked_about, it_catches_up_in_chunks_and_goes_live, an_empty_chunk_is_not_the_end, a_gap_is_fetched,
             a_lost_last_message_is_seen_by_the_head, what_comes_twice_is_handed_over_once,
             what_was_published_while_it_asked_is_handed_over_once, another_log_in_the_feed_ends_it, another_log_in_a_head_ends_it,
             a_cursor_of_another_log_ends_it, a_cursor_beyond_the_end_ends_it, what_a_later_catlog_says_more_is_passed_over,
             a_cursor_is_asked_with_all_that_it_holds,
             a_refusal_of_replay_ends_it, a_bad_question_is_no_other_history, a_head_before_the_cursor_is_asked_about,
             a_daemon_that_dies_is_asked_again, what_had_arrived_before_the_daemon_ended_is_not_asked_for,
             a_silent_connection_is_given_up, second_answers_are_passed_over, one_stream_is_followed_by_its_own_chain,
             one_table_is_followed_by_its_own_chain, topics_of_several_tables_are_filtered, what_is_no_feed_ends_it,
             what_is_no_answer_ends_it]
