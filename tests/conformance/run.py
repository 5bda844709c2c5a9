#!/usr/bin/env python3
"""Holds a client to events/PROTOCOL.md: plays daemons that die, answer late, twice or out of order, send gaps, another log, garbage.

  run.py [--only WORD] DRIVER...      DRIVER is the client's driver with its arguments; tests/README.md says what it must do

Prints each scenario that the client does not stand; exit 1 if there is one.
"""
import argparse
import concurrent.futures
import sys
import time

import following
import grouping
import packing
import producing
import waiting
from player import Wrong

AT_ONCE = 6  # they wait more than they work


def attempt(driver, module, scenario):
    begun = time.monotonic()
    try:
        scenario(driver)
        return None, time.monotonic() - begun
    except Exception as wrong:  # whatever a scenario meets is a finding, and ends no other
        said = str(wrong) if isinstance(wrong, Wrong) else repr(wrong)
        return f"{module}.{scenario.__name__}: {said}", time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="scenarios with this in their name")
    parser.add_argument("driver", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.driver:
        parser.error("name the driver")
    every = [(module.__name__, scenario) for module in (producing, packing, following, waiting, grouping)
             for scenario in module.SCENARIOS if options.only in scenario.__name__]
    if not every:
        parser.error(f"no scenario has {options.only} in its name")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda each: attempt(options.driver, *each), every))
    faults = [fault for fault, _ in results if fault]
    print("\n".join(faults) if faults else f"{' '.join(options.driver)} stands all {len(every)} scenarios")
    slowest = max(zip(results, every), key=lambda each: each[0][1])
    print(f"the slowest is {slowest[1][1].__name__} with {slowest[0][1]:.1f} s", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
