"""A program's command line as it declares itself (bin/declaration.h), for those who make pages and completions of it."""
import json
import pathlib
import re
import subprocess


class Option:
    def __init__(self, data):
        self.name, self.about = data["name"], data["about"]
        self.is_argument, self.is_required, self.is_repeated = data["isArgument"], data["isRequired"], data["isRepeated"]
        self.default, self.variable = data["default"], data["variable"]
        self.needs, self.excludes = sorted(data["needs"]), sorted(data["excludes"])
        self.names = data["short"] + ([] if self.is_argument else [self.name]) if self.name.startswith("--") else [self.name]
        kind, _, limits = data["value"].partition(":")
        self.takes_value = bool(data["value"])
        self.is_path = any(word in data["value"] for word in ("PATH", "FILE"))
        words = re.fullmatch(r"\{(.*)\}", limits)
        self.words = words[1].split(",") if words else []
        self.range = limits if limits and not words and not self.is_path else ""
        self.value = "file" if self.is_path else {"UINT": "number"}.get(kind, kind.lower())


class Command:
    """A program, or one of its subcommands, `path` being all the words that lead to it."""

    def __init__(self, data, above=None):
        self.name, self.about, self.footer = data["name"], data["about"], data["footer"].strip("\n")
        self.above = above
        self.path = f"{above.path} {self.name}" if above else self.name
        every = [Option(option) for option in data["options"]]
        self.options = [option for option in every if not option.is_argument]
        self.arguments = [option for option in every if option.is_argument]
        self.commands = [Command(each, self) for each in data["commands"]]

    def all(self):
        """This one and all below it."""
        yield self
        for each in self.commands:
            yield from each.all()

    def all_options(self):
        """Its own, and those of what it stands in, which may be given after it too; each name once."""
        own = {option.name for option in self.options}
        return self.options + [option for option in (self.above.all_options() if self.above else []) if option.name not in own]


def read(program):
    """(command, version) of an executable."""
    said = subprocess.run([pathlib.Path(program).resolve(), "--declaration"], capture_output=True, text=True, check=True).stdout
    data = json.loads(said)
    return Command(data["command"]), data["version"]
