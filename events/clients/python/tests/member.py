"""A member of the group `index` that writes down what it deals with: when, position, stream, attempt.

  member.py DATA FILE
"""
import sys
import time

from catlog_client import group_changes

with open(sys.argv[2], "w", encoding="utf-8") as file:
    for change in group_changes("index", data=sys.argv[1], ack_within=1.0, limit=10):
        file.write(f"{time.monotonic_ns()} {change.position} {change.topic} {change.attempt}\n")
        file.flush()
        time.sleep(0.002)  # so that there is something left to be shared
