"""Completion of a declared program, for bash (without bash-completion's functions) and for zsh."""


def words_of(text):
    """In one pair of quotes: names and choices hold none."""
    return "'" + " ".join(text) + "'"


def bash(program):
    name = program.name
    lines = [f"# bash completion of {name}, made of what its parser declares.",
             "# Sets what may follow the words of $1: _options, those of them that take a value, _subcommands.",
             f"_{name}_declared() {{", '  case "$1" in']
    for command in program.all():
        every = command.all_options()
        lines += [f"    {words_of([command.path])})",
                  f"      _options={words_of(each for option in every for each in option.names)}",
                  f"      _valued={words_of(each for option in every if option.takes_value for each in option.names)}",
                  f"      _subcommands={words_of(each.name for each in command.commands)} ;;"]
    lines += ["  esac", "}", "# Sets what the value of option $2 after the words of $1 may be: _values, or _files for a file's name.",
              f"_{name}_value() {{", '  case "$1 $2" in']
    for command in program.all():
        for option in command.all_options():
            if option.words or option.is_path:
                value = f"_values={words_of(option.words)}" if option.words else "_files=1"
                lines += [f"    {'|'.join(words_of([command.path, each]) for each in option.names)}) {value} ;;"]
    lines += ["  esac", "}", f"_{name}() {{", BASH.replace("NAME", name) + "}",
              f"complete -o default -F _{name} {name}"]
    return "\n".join(lines) + "\n"


BASH = """\
  local _options _valued _subcommands _values= _files= at=1 word path=NAME
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  # --format=csv is three words.
  if [ "$current" = = ]; then
    current=
  elif [ "$before" = = ] && [ "$COMP_CWORD" -gt 2 ]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  _NAME_declared "$path"
  while [ "$at" -lt "$COMP_CWORD" ]; do
    word=${COMP_WORDS[at]}
    at=$((at + 1))
    if [[ " $_valued " == *" $word "* ]]; then
      [ "${COMP_WORDS[at]}" != = ] || at=$((at + 1))
      at=$((at + 1))
    elif [[ " $_subcommands " == *" $word "* ]]; then
      path="$path $word"
      _NAME_declared "$path"
    fi
  done
  if [[ " $_valued " == *" $before "* ]]; then
    _NAME_value "$path" "$before"
    if [ -n "$_values" ]; then
      COMPREPLY=($(compgen -W "$_values" -- "$current"))
    elif [ -z "$_files" ]; then
      compopt +o default 2> /dev/null
    fi
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$_options" -- "$current"))
  elif [ -n "$_subcommands" ]; then
    COMPREPLY=($(compgen -W "$_subcommands" -- "$current"))
  fi
"""


def zsh_text(words):
    for mark in "\\:[]'":
        words = words.replace(mark, "'\\''" if mark == "'" else "\\" + mark)
    return words


def zsh_option(option):
    value = ""
    if option.takes_value:
        value = f":{zsh_text(option.value)}:" + ("_files" if option.is_path else f"({' '.join(option.words)})" if option.words else " ")
    star = "*" if option.is_repeated else ""
    return [f"'{star}{name}[{zsh_text(option.about)}]{value}'" for name in option.names]


def zsh_function(command):
    return "_" + command.path.replace(" ", "_").replace("-", "_")


def zsh(program):
    lines = [f"#compdef {program.name}", f"# zsh completion of {program.name}, made of what its parser declares."]
    for command in program.all():
        specs = [spec for option in command.all_options() for spec in zsh_option(option)]
        specs += [f"'{'*' if each.is_repeated else ''}:{zsh_text(each.name)}:_files'" for each in command.arguments]
        lines += [f"{zsh_function(command)}() {{"]
        if not command.commands:
            lines += ["  _arguments -S " + " \\\n    ".join(specs), "}"]
            continue
        lines += ["  local context state state_descr line", "  typeset -A opt_args", "  local -a subcommands",
                  "  subcommands=(" + " ".join(f"'{each.name}:{zsh_text(each.about)}'" for each in command.commands) + ")",
                  "  _arguments -C -S " + " \\\n    ".join(specs + ["'1: :->subcommand'", "'*:: :->rest'"]),
                  "  case $state in",
                  f"    subcommand) _describe 'subcommand of {command.path}' subcommands ;;",
                  "    rest)", "      case $words[1] in",
                  *[f"        {each.name}) {zsh_function(each)} ;;" for each in command.commands],
                  "      esac ;;", "  esac", "}"]
    lines += [f'{zsh_function(program)} "$@"']
    return "\n".join(lines) + "\n"
