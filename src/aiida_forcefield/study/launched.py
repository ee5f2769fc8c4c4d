"""Studies that were launched before: which are the same, which run, which have a result."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.study.aiida_profile import STUDY

if TYPE_CHECKING:
    from aiida.orm import Node, ProcessNode

    from aiida_forcefield.study.file import StudyFile

IMPRECISE = {"forcefield.material": (430,), "forcefield.simulation": (440, 441)}
"""Exit codes of processes that came to a result, if to one less precise than asked for."""


def fingerprint(file: "StudyFile", points_of: "Node | None" = None) -> str:
    """What tells whether two studies compute the same, whatever their files and resources.

    Args:
        file: the study.
        points_of: the force field whose points it fits, if it fits those of another study.
    """
    from aiida_forcefield.serial import dismantle

    elsewhere = {"material", "system", "resources", "reference", "codes"}
    study = file.study.model_dump(exclude=elsewhere) | {"codes": file.codes}
    matter = {
        "title": file.title,
        "species": file.sources(),
        "mixture": dismantle(file.mixture())[0],
    }
    points = {"points": points_of.uuid} if points_of else {}
    text = json.dumps({**study, **matter, **points}, sort_keys=True)
    return f"study {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def latest(description: str) -> "ProcessNode | None":
    """The study launched last with this fingerprint."""
    from aiida.orm import ProcessNode, QueryBuilder

    query = QueryBuilder().append(
        ProcessNode, filters={"process_type": STUDY, "description": description}
    )
    found: ProcessNode | None = query.order_by({ProcessNode: {"id": "desc"}}).first(flat=True)
    return found


def count_running() -> int:
    """Number of studies in this profile that have not ended."""
    from aiida.orm import ProcessNode, QueryBuilder

    ended = {"or": [{"==": "finished"}, {"==": "excepted"}, {"==": "killed"}]}
    studies = QueryBuilder().append(ProcessNode, filters={"process_type": STUDY})
    over = QueryBuilder().append(
        ProcessNode, filters={"process_type": STUDY, "attributes.process_state": ended}
    )
    return int(studies.count() - over.count())


def has_result(node: "ProcessNode") -> bool:
    """Whether a study ended with all that it can come to."""
    return bool(node.is_finished_ok or node.exit_status in IMPRECISE["forcefield.material"])


def standing(study: "ProcessNode") -> tuple[str, str]:
    """How a study stands, in words.

    Returns:
        ``finished``, ``failed``, or the state of a process that goes on, such as ``waiting``; and
        what a finished study lacks or why one failed, or "".
    """
    state = study.process_state.value if study.process_state else "created"
    message = " ".join((study.exit_message or study.exception or "").split())
    if has_result(study):
        return "finished", message
    if study.is_terminated:
        return "failed", message or state  # one that was killed says nothing
    return state, ""


@contextmanager
def alone(profile: str) -> Iterator[None]:
    """Look for a study and submit it without another launch in between."""
    from aiida.manage.configuration import get_config

    with (Path(get_config().dirpath) / f"launch-{profile}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
