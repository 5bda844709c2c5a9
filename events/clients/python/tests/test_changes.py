"""Following changes from a real catlogd."""
import asyncio
import contextlib
import os
import tempfile
import unittest

from catlog_client import BusError, Cursor, FileCursor, HistoryChanged, MemoryCursor, Producer, Unreachable, async_changes, changes, new_id
from daemon import genre
from with_daemon import LONG_ENOUGH, WithDaemon


class Changes(WithDaemon):
    def setUp(self):
        super().setUp()
        with Producer(self.data) as producer:
            for number in range(1, 6):
                producer.send(genre(number))

    def positions(self, count, **options):
        found = []
        for change in changes(self.data, timeout=LONG_ENOUGH, **options):
            found.append(change.position)
            if len(found) == count:
                break
        return found

    def test_catches_up_and_goes_live(self):
        following = changes(self.data, from_=2, timeout=LONG_ENOUGH)
        self.assertEqual([next(following).position for _ in range(4)], [2, 3, 4, 5])
        with Producer(self.data) as producer:
            producer.send(genre(6))
        change = next(following)
        self.assertEqual((change.position, change.topic), (6, "genres/6/"))
        self.assertEqual(change.record["event"]["genreDescribed"]["name"], "Genre 6")
        self.assertEqual(change.names, {"genre": {"id": 6, "tmdbId": 6}})
        following.close()

    def test_topics(self):
        self.assertEqual(self.positions(1, from_=1, topics=["genres/3/"]), [3])
        self.assertEqual(self.positions(5, from_=1, topics=["genres/", "movies/"]), [1, 2, 3, 4, 5])
        with self.assertRaises(ValueError):
            next(changes(self.data, topics=["json/genres/"]))

    def test_a_topic_that_matches_nothing_is_no_other_history(self):
        for topics in (["cinemas/"], [f"genres/{number}/" for number in range(300)]):
            with self.assertRaisesRegex(BusError, "topics") as refused:
                next(changes(self.data, from_=1, topics=topics))
            self.assertNotIsInstance(refused.exception, HistoryChanged)

    def test_goes_on_over_a_restart(self):
        following = changes(self.data, from_=1, timeout=LONG_ENOUGH)
        found = [next(following).position for _ in range(5)]
        for number in range(6, 9):
            self.daemon.restart()
            with Producer(self.data) as producer:
                producer.send(genre(number))
            found.append(next(following).position)
        self.assertEqual(found, list(range(1, 9)))
        following.close()

    def test_a_cursor_file_holds_what_was_dealt_with(self):
        with tempfile.TemporaryDirectory() as folder:
            where = os.path.join(folder, "cursor")
            self.assertEqual(self.positions(3, cursor=FileCursor(where)), [1, 2, 3])  # the third is not dealt with
            self.assertEqual(FileCursor(where).load().position, 2)
            self.assertEqual(self.positions(3, cursor=FileCursor(where)), [3, 4, 5])

    def test_another_log_and_a_cursor_beyond_its_end_are_told(self):
        log_id = next(changes(self.data, from_=1)).log_id
        for cursor in (Cursor("another", 1), Cursor(log_id, 9), Cursor(log_id, 3, new_id())):
            with self.assertRaises(HistoryChanged):
                next(changes(self.data, cursor=MemoryCursor(cursor)))

    def test_async(self):
        async def follow():
            found = []
            async with contextlib.aclosing(async_changes(self.data, from_=1, timeout=LONG_ENOUGH)) as following:
                async for change in following:
                    found.append(change.position)
                    if change.position == 5:
                        self.daemon.restart()
                        with Producer(self.data) as producer:
                            producer.send(genre(6))
                    if change.position == 6:
                        return found

        self.assertEqual(asyncio.run(follow()), [1, 2, 3, 4, 5, 6])

    def test_gives_up(self):
        self.daemon.kill()
        with self.assertRaises(Unreachable):
            next(changes(self.data, patience=0.3))
        self.daemon.start()


if __name__ == "__main__":
    unittest.main()
