"""Let the cache replay calculations that were done elsewhere.

An archive carries no hashes, and AiiDA's hash of a job contains the code: its computer and the path
of its program. An imported job would therefore never be found again, although the same program with
the same inputs gives the same result. Adopting states exactly this: hashes are computed anew, with
this profile's code in the place of the one in the archive.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aiida_forcefield.study.aiida_profile import loaded
from aiida_forcefield.study.errors import InputError

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
        InputError: the archive is not there or is none, or processes run in the profile and its
            database cannot take both.
    """
    from aiida.common.exceptions import AiidaException
    from aiida.common.log import override_log_level
    from aiida.orm import CalculationNode, QueryBuilder
    from aiida.tools.archive import import_archive
    from aiida.tools.archive.abstract import get_format

    if not archive.is_file():
        raise InputError(f"{archive}: no such file")
    try:
        with get_format().open(archive, "r") as reader:
            every = reader.querybuilder().append(CalculationNode, project="uuid").all(flat=True)
        if not every:
            return 0
        here = QueryBuilder().append(CalculationNode, filters={"uuid": {"in": every}}).count()
        if here < len(every):
            _require_quiet_database(archive)
            with override_log_level():
                import_archive(archive, create_group=False)
    except (AiidaException, OSError) as error:
        raise InputError(f"{archive}: cannot be imported: {' '.join(str(error).split())}") from None
    calculations = list(_finished(every, codes))
    for node, code in calculations:
        node.base.extras.set(node.base.caching._HASH_EXTRA_KEY, _hash_with(node, code))
    return len(calculations)


def _require_quiet_database(archive: Path) -> None:
    """Check that no daemon's work is cut off by an import.

    An import holds SQLite's only lock for seconds. A worker waits for five, then fails, and with
    it all studies that it has at hand stand still until the daemon is started anew.

    Raises:
        InputError: it would be.
    """
    from aiida.engine.daemon.client import get_daemon_client
    from aiida.orm import ProcessNode, QueryBuilder

    profile = loaded()
    if profile.storage_backend != "core.sqlite_dos":
        return
    if not get_daemon_client(profile.name).is_daemon_running:
        return
    active = {"attributes.process_state": {"in": ["created", "running", "waiting"]}}
    query = QueryBuilder().append(ProcessNode, filters=active, project="id")
    pk = query.order_by({ProcessNode: {"id": "asc"}}).first(flat=True)
    if pk is not None:
        raise InputError(
            f"{archive}: cannot be imported while processes run (the first is {pk}), for SQLite"
            " takes one writer at a time; adopt it when they have ended, or between"
            f" `verdi -p {profile.name} daemon stop` and `daemon start`"
        )


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


def _hash_with(node: "CalculationNode", code: "AbstractCode | None") -> str:
    """The hash that the calculation would have had, had it run with `code`."""
    from aiida.common.hashing import make_hash

    objects = node.base.caching.get_objects_to_hash()
    if code is not None and code.computer is not None:
        objects["computer_uuid"] = code.computer.uuid
        objects["inputs"]["code"] = code.base.caching.compute_hash()
    return make_hash(objects)
