#!/usr/bin/env python3
"""Puts genres, pipelined, and says what came of each.

  put_genres.py DATA NUMBER=NAME...
"""
import sys

from catlog_client import Producer, Refused, check


def main(data, genres):
    with Producer(data) as producer:
        sent = [(name, producer.send({"putGenre": {"tmdbId": int(number), "name": name}}))
                for number, _, name in (genre.partition("=") for genre in genres)]
        for name, receipt in sent:
            try:
                print(name, "changed" if "accepted" in check(receipt.result()) else "is so already")
            except Refused as refused:
                print(name, refused, file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
