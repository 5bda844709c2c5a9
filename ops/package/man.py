"""The manual page of a declared program, as man(7) has it."""
import re

EXAMPLE = "Example: "


def text(words):
    """Words of prose as roff takes them."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    words = words.replace("~", "\\(ti")
    return re.sub(r"^([.'])", r"\\&\1", words, flags=re.MULTILINE)


def quoted(words):
    return '"' + text(words).replace('"', "\\(dq") + '"'


def sentence(words):
    words = words[0].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else words + "."


def shown(option):
    """An option as it is given: names bold, its value slanted."""
    names = ", ".join(f"\\fB{text(name)}\\fR" for name in option.names)
    if not option.takes_value:
        return names
    value = "\\fR|\\fB".join(map(text, option.words))
    return f"{names} " + (f"\\fB{value}\\fR" if value else f"\\fI{text(option.value)}\\fR")


def about(option):
    words = [sentence(option.about)] if option.about else []
    if option.range:
        words.append(f"A whole number, {option.range}.")
    if option.default:
        words.append(f"Default: {option.default}.")
    if option.variable:
        words.append(f"Or the variable {option.variable}.")
    if option.is_repeated and not option.is_argument:
        words.append("May be given several times.")
    if option.needs:
        words.append(f"Only with {', '.join(option.needs)}.")
    if option.excludes:
        words.append(f"Not with {', '.join(option.excludes)}.")
    return " ".join(words)


def options(every):
    lines = []
    for option in every:
        lines += [".TP", shown(option), text(about(option))]
    return lines


def argument(option):
    words = f"\\fI{text(option.name)}\\fR" + (" .\\|.\\|." if option.is_repeated else "")
    return words if option.is_required else f"[{words}]"


def synopsis(command):
    words = [f"\\fB{text(command.path)}\\fR"]
    if command.options:
        words.append("[\\fIoption\\fR .\\|.\\|.]")
    if command.commands:
        words.append("\\fIsubcommand\\fR")
    return " ".join(words + [argument(each) for each in command.arguments])


def footer(words):
    """Prose, then examples, one below the other."""
    prose, found, examples = words.partition(EXAMPLE)
    lines = [text(" ".join(prose.split()))] if prose.strip() else []
    lines = [".PP", *lines] if lines else []
    if not found:
        return lines
    shown_lines = [line[len(EXAMPLE):] if line.startswith(" " * len(EXAMPLE)) else line for line in examples.splitlines()]
    # What is said behind the examples is at the margin again.
    end = next((at for at, line in enumerate(examples.splitlines()) if at > 0 and not line.startswith(" ")), None)
    after = " ".join(examples.splitlines()[end:]) if end else ""
    lines += [".PP", "For example:", ".PP", ".RS 4", ".nf", *[text(line) or ".sp" for line in shown_lines[:end]], ".fi", ".RE"]
    return lines + ([".PP", text(after)] if after else [])


def subcommand(command):
    lines = [f".SS {quoted(command.path.partition(' ')[2])}", synopsis(command), ".PP", text(sentence(command.about))]
    lines += options(command.arguments)
    lines += options([option for option in command.options if option.name != "--help"])
    return lines + footer(command.footer)


def table(rows):
    lines = []
    for first, words in rows:
        lines += [".TP", f"\\fB{text(first)}\\fR", text(words)]
    return lines


def exit_codes(runbook):
    """Rows of the runbook's table "Exit codes": code and meaning."""
    chapter = runbook.partition("## Exit codes")[2].partition("\n## ")[0]
    return [(code, sentence(meaning.replace("`", ""))) for code, meaning in re.findall(r"^\| (\d+) \| (.*?) \|", chapter, re.MULTILINE)]


def variables(program):
    found = {}
    for command in program.all():
        for option in command.options:
            if option.variable:
                found.setdefault(option.variable, f"What {option.name} says, where that is not given.")
    return sorted(found.items())


def page(program, version, section, date, runbook, files, see_also):
    first, _, rest = program.about.partition(". ")
    lines = [f".TH {quoted(program.name.upper())} {section} {chr(34) + date + chr(34)} {quoted('catlog ' + version)}",
             ".SH NAME", f"{text(program.name)} \\- {text(first[0].lower() + first[1:].rstrip('.'))}",
             ".SH SYNOPSIS", synopsis(program), ".SH DESCRIPTION", text(sentence(program.about))]
    lines += footer(program.footer)
    lines += [".SH OPTIONS", *options(program.options)]
    subcommands = [each for each in program.all() if each is not program]
    if subcommands:
        lines += [".SH SUBCOMMANDS"]
    for each in subcommands:
        lines += subcommand(each)
    lines += [".SH EXIT STATUS", *table(exit_codes(runbook))]
    named = variables(program)
    if named:
        lines += [".SH ENVIRONMENT", *table(named)]
    lines += [".SH FILES", *table(files), ".SH SEE ALSO",
              ", ".join(f"\\fB{text(name)}\\fR({part})" for name, part in see_also) + ",",
              text("RUNBOOK.md and the other documents in the folder of catlog's documents, doc/catlog.")]
    return "\n".join(lines) + "\n"
