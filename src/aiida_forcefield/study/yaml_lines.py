"""Safe YAML that remembers on which line each key stands."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

KeyPath = tuple[Hashable, ...]


class _PlainLoader(yaml.SafeLoader):
    """A safe loader without aliases, which plain settings have no use for.

    Plain words are what they look like, as in YAML 1.2: `1_0`, `12:00:00` and `NO` are texts.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", mark)
        return super().compose_node(parent, index)


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.inf|\.nan",
        list("-+.0123456789"),
    ),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def read_yaml(text: str) -> tuple[Any, dict[KeyPath, int]]:
    """Plain values of one YAML document and, for each key path, its line, from 1.

    Raises:
        ValueError: unreadable YAML, a tag, an alias or a key given twice; the message begins
            with the line.
    """
    lines: dict[KeyPath, int] = {}
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, lines
        _note_lines(node, (), loader, lines)
        return loader.construct_document(node), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ValueError(f"{line}: {_problem(error)}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ValueError(f"1: not readable as YAML: {str(error).splitlines()[0]}") from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not readable as YAML"
    if problem.startswith("could not determine a constructor"):
        tag = problem.rsplit(" ", 1)[-1].strip("'").replace("tag:yaml.org,2002:", "!!")
        return f"the tag {tag} is not allowed; write plain values"
    if isinstance(error, yaml.scanner.ScannerError | yaml.parser.ParserError):
        return f"not readable as YAML: {problem}"
    return problem


def _note_lines(
    node: yaml.Node, path: KeyPath, loader: _PlainLoader, lines: dict[KeyPath, int]
) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _note_lines(child, (*path, index), loader, lines)
    elif isinstance(node, yaml.MappingNode):
        for key_node, child in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                message = f"the key {key!r} must be a text"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            inner = (*path, key)
            if inner in lines:
                message = f"the key {key} is given twice, first on line {lines[inner]}"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            lines[inner] = key_node.start_mark.line + 1
            _note_lines(child, inner, loader, lines)
