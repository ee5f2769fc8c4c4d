"""Let the cache replay calculations that were done elsewhere.

An archive carries no hashes, and AiiDA's hash of a job contains the code: its computer and the path
of its program. An imported job would therefore never be found again, although the same program with
the same inputs gives the same result. Adopting states exactly this: hashes are computed anew, with
this profile's code in the place of the one in the archive.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.study.aiida_profile import STUDY, loaded
from aiida_forcefield.study.errors import InputError
from aiida_forcefield.study.launched import alone

if TYPE_CHECKING:
    from aiida.orm import AbstractCode, CalculationNode


def adopt_archive(archive: Path, codes: Mapping[str, "AbstractCode"]) -> int:
    """Import an archive, unless that was done before, and re-key its finished calculations.

    One without calculations has nothing to adopt, and is not imported.

    Args:
        archive: an ``.aiida`` file.
        codes: for each default plugin of a code in the archive the code that stands for it.

    Returns:
        How many calculations the cache can now replay.

    Raises:
        InputError: the archive is not there or is none, or something is in its way.
    """
    from aiida.common.exceptions import AiidaException
    from aiida.common.log import override_log_level
    from aiida.tools.archive import import_archive
    from sqlalchemy.exc import OperationalError

    every, profile = _calculations_in(archive), loaded().name
    if not every:
        return 0
    try:
        with alone(profile):  # what is launched meanwhile waits
            if what := in_the_way(archive):
                raise InputError(f"{archive}: cannot be imported while {what} runs; adopt it later")
            if _missing(every):
                with override_log_level():
                    import_archive(archive, create_group=False)
            calculations = list(_finished(every, codes))
            for node, code in calculations:
                _rekey(node, code)
    except OperationalError:
        raise InputError(f"{archive}: the database of {profile} is busy; adopt it later") from None
    except (AiidaException, OSError) as error:
        raise _not_imported(archive, error) from None
    return len(calculations)


def in_the_way(archive: Path) -> str:
    """What runs, if an import of the archive would cut it off: ``study 12``, or "".

    An import holds SQLite's only lock for seconds. A worker waits for five, then fails, and with
    it all studies that it has at hand stand still until the daemon is started anew.

    Raises:
        InputError: the archive is not there or is none.
    """
    from aiida.engine.daemon.client import get_daemon_client
    from aiida.orm import ProcessNode, QueryBuilder

    profile = loaded()
    every = _calculations_in(archive)
    if profile.storage_backend != "core.sqlite_dos" or not (every and _missing(every)):
        return ""
    if not get_daemon_client(profile.name).is_daemon_running:
        return ""
    active = {"attributes.process_state": {"in": ["created", "running", "waiting"]}}
    query = QueryBuilder().append(ProcessNode, filters=active, project=["id", "process_type"])
    running = sorted((kind != STUDY, pk) for pk, kind in query.all())  # studies first
    for other, pk in running[:1]:
        return f"process {pk}" if other else f"study {pk}"
    return ""


def _calculations_in(archive: Path) -> list[str]:
    """UUIDs of the calculations of an archive.

    Raises:
        InputError: it is not there or is none.
    """
    from aiida.common.exceptions import AiidaException
    from aiida.orm import CalculationNode
    from aiida.tools.archive.abstract import get_format

    if not archive.is_file():
        raise InputError(f"{archive}: no such file")
    try:
        with get_format().open(archive, "r") as reader:
            query = reader.querybuilder().append(CalculationNode, project="uuid")
            found: list[str] = query.all(flat=True)
    except (AiidaException, OSError) as error:
        raise _not_imported(archive, error) from None
    return found


def _not_imported(archive: Path, error: Exception) -> InputError:
    return InputError(f"{archive}: cannot be imported: {' '.join(str(error).split())}")


def _missing(every: Sequence[str]) -> bool:
    """Whether calculations of these UUIDs are not in the profile."""
    from aiida.orm import CalculationNode, QueryBuilder

    here = QueryBuilder().append(CalculationNode, filters={"uuid": {"in": every}}).count()
    return bool(here < len(every))


def _finished(
    uuids: Sequence[str], codes: Mapping[str, "AbstractCode"]
) -> Iterator[tuple["CalculationNode", "AbstractCode | None"]]:
    """Those calculations that finished; a job with the code that stands for its own."""
    from aiida.orm import AbstractCode, CalcFunctionNode, CalcJobNode, QueryBuilder

    plugin_key = "attributes.input_plugin"
    finished = {"uuid": {"in": uuids}, "attributes.process_state": "finished"}
    for kind in (CalcFunctionNode, CalcJobNode):
        query = QueryBuilder().append(kind, filters=finished, project="*", tag="calculation")
        if kind is CalcJobNode:
            query.append(AbstractCode, with_outgoing="calculation", project=plugin_key)
            yield from ((job, codes[plugin]) for job, plugin in query.all() if plugin in codes)
        else:
            yield from ((node, None) for node in query.all(flat=True))


def _rekey(node: "CalculationNode", code: "AbstractCode | None") -> None:
    """Give a calculation the hash that it would have had, had it run with `code`."""
    from aiida.common.hashing import make_hash

    objects = node.base.caching.get_objects_to_hash()
    if code is not None and code.computer is not None:
        objects["computer_uuid"] = code.computer.uuid
        objects["inputs"]["code"] = code.base.caching.compute_hash()
    key, found = node.base.caching._HASH_EXTRA_KEY, make_hash(objects)
    if node.base.extras.get(key, None) != found:  # each write is one of a busy database
        node.base.extras.set(key, found)
