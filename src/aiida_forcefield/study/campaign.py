"""A campaign: studies that are launched as others end, and only where they are missing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.launched import alone, count_running, fingerprint, has_result, latest

if TYPE_CHECKING:
    from aiida.orm import Group, ProcessNode

    from aiida_forcefield.study.file import StudyFile

PREFIX = "forcefield/"
"""Of the labels of the groups that hold the studies of a campaign."""


@dataclass
class Campaign:
    """The studies of a campaign, of which each is launched once at most."""

    profile: str
    name: str
    files: Sequence["StudyFile"]
    at_a_time: int | None
    launched: set[str] = field(default_factory=set)

    def top_up(self) -> Iterator[str]:
        """Launch as many studies as may run; a line on each."""
        from aiida_forcefield.study.submission import capacity, submit_study

        with alone(self.profile):
            running = count_running()
            for file in self.files:
                description = fingerprint(file)
                node, name = latest(description), file.title
                if node is not None:
                    self._group.add_nodes(node)
                    kept = not node.is_terminated or has_result(node)
                    if kept or description in self.launched:
                        continue
                if running >= (self.at_a_time or capacity(self.profile, file)):
                    continue
                node = submit_study(self.profile, file)
                self._group.add_nodes(node)
                self.launched.add(description)
                running += 1
                yield f"study {node.pk} submitted: {name}"

    def standing(self) -> Counter[str]:
        """How many studies are in which state; `waiting` for their launch, or `failed`."""
        nodes = [(latest(fingerprint(file)), fingerprint(file)) for file in self.files]
        return Counter(self._state(node, description) for node, description in nodes)

    def _state(self, node: "ProcessNode | None", description: str) -> str:
        if node is None:
            return "waiting"
        if not node.is_terminated:
            return "running"
        if has_result(node):
            return "finished"
        return "failed" if description in self.launched else "waiting"

    @property
    def _group(self) -> "Group":
        from aiida.orm import Group

        group, _ = Group.collection.get_or_create(PREFIX + self.name)
        return group


def studies_of(name: str) -> list["ProcessNode"]:
    """The studies of a campaign by their name, of each the one launched last.

    Raises:
        InputError: there is no such campaign.
    """
    from aiida.common.exceptions import NotExistent
    from aiida.orm import Group, QueryBuilder

    try:
        group = Group.collection.get(label=PREFIX + name)
    except NotExistent:
        query = QueryBuilder().append(Group, filters={"label": {"like": f"{PREFIX}%"}})
        labels = [found.label.removeprefix(PREFIX) for found in query.all(flat=True)]
        known = ", ".join(sorted(labels)) or "none"
        raise InputError(f"{name!r} is neither a PK nor a campaign; known: {known}") from None
    by_description: dict[str, ProcessNode] = {}
    for node in sorted(group.nodes, key=lambda node: node.pk):
        by_description[node.description] = node
    return sorted(by_description.values(), key=lambda node: node.label)
