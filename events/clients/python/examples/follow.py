#!/usr/bin/env python3
"""Prints changes as JSON lines, and goes on where it ended the last time.

  follow.py DATA CURSOR_FILE [TOPIC...]        a topic is a prefix such as movies/ or movies/42/
"""
import json
import sys

from catlog_client import FileCursor, HistoryChanged, changes


def main(data, cursor_file, topics):
    try:
        for change in changes(data, cursor=FileCursor(cursor_file), topics=topics):
            print(json.dumps({"position": change.position, "topic": change.topic, **change.record["event"]}), flush=True)
    except HistoryChanged as changed:
        sys.exit(f"{changed}; remove {cursor_file} to do so")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
