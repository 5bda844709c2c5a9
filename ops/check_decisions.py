"""DECISIONS.md: every decision with its state, short, and in the index; a part of ops/check."""
import re

DOCUMENT = "DECISIONS.md"
MAX_LINES = 12  # of text; what was measured is in ops/FIGURES.md
HEADING = re.compile(r'## (\d+)\. (.+?)(?: <a id="d(\d+)"></a>)?$')
STATE = re.compile(r"\*\d{4}-\d\d-\d\d; (stands|withdrawn|stands, with changes by \d+(?:, \d+)*|superseded by \d+(?:, \d+)*)\*[.:]")
INDEXED = re.compile(r"- \[(\d+)\]\(#d(\d+)\) (.+)$")
NAMED = re.compile(r"\bdecisions? (\d+)\b")


def faults(lines):
    """(line, what to do) for each decision that does not stand as it must."""
    headings = [(number, HEADING.match(line)) for number, line in enumerate(lines, 1) if line.startswith("## ")]
    headings = [(number, heading) for number, heading in headings if heading]
    said = {}
    for (first, heading), following in zip(headings, [number for number, _ in headings[1:]] + [len(lines) + 1]):
        text = [line for line in lines[first:following - 1] if line.strip()]
        state = STATE.match(text[0]) if text else None
        said[heading[1]] = (heading[2], state[1] if state else None)
        if heading[1] != heading[3]:
            yield first, f"the index finds no decision here; end its heading with <a id=\"d{heading[1]}\"></a>"
        if int(heading[1]) != len(said):
            yield first, f"decision {len(said)} is due here; numbers are neither left out nor given twice"
        if not state:
            yield first, "without its state; begin with a date and: stands; stands, with changes by N; superseded by N; withdrawn"
        if len(text) > MAX_LINES:
            yield first, f"a decision of {len(text)} lines, at most {MAX_LINES}; figures go to ops/FIGURES.md"
    indexed = [(number, INDEXED.match(line)) for number, line in enumerate(lines, 1) if INDEXED.match(line)]
    for number, entry in indexed:
        title, state = said.get(entry[1], (None, None))
        if entry[1] != entry[2] or title is None or state and entry[3] != f"{title}: {state}":
            yield number, f"the index says something else than decision {entry[1]}; give its title and its state"
    for missing in sorted(set(said) - {entry[1] for _, entry in indexed}, key=int):
        yield 1, f"the index has no decision {missing}; name it under a room"


def known(lines):
    return {heading[1] for heading in map(HEADING.match, lines) if heading}


def unknown(line, numbers):
    """The decision that a line names and that there is none of, or nothing."""
    return next((name for name in NAMED.findall(line) if name not in numbers), None)
