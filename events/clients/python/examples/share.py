#!/usr/bin/env python3
"""Prints changes as JSON lines, shared with all that run at the same time under the same name, and goes on where they ended.

  share.py DATA NAME [TOPIC...]        a topic is a prefix such as movies/ or movies/42/
"""
import json
import sys

from catlog_client import group_changes


def main(data, name, topics):
    try:
        for change in group_changes(name, topics, data=data):
            print(json.dumps({"position": change.position, "topic": change.topic, "attempt": change.attempt,
                              **change.record["event"]}), flush=True)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
