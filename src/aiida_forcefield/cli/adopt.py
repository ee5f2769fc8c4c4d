"""``aiida-forcefield adopt``: let the cache replay calculations that were done elsewhere.

An archive carries no hashes, and AiiDA's hash of a job contains the code: its computer and the path
of its program. An imported job would therefore never be found again, although the same program with
the same inputs gives the same result. Adopting states exactly this: hashes are computed anew, with
this profile's code in the place of the one in the archive.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aiida_forcefield.cli.errors import InputError
from aiida_forcefield.cli.profile import PLUGINS, find_code, load

if TYPE_CHECKING:
    from aiida.orm import AbstractCode, CalculationNode


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--qm", default="compute@localhost", show_default=True, help="Code for QM jobs.")
@click.option("--md", default="lammps@localhost", show_default=True, help="Code for MD jobs.")
@click.pass_obj
def adopt(profile: str, archive: Path, qm: str, md: str) -> None:
    """Import ARCHIVE and let studies reuse its finished calculations.

    It is for you to know that the archive was made with programs like your own; the versions
    stand in each of its points.
    """
    load(profile)
    codes = {PLUGINS[role]: find_code(role, label) for role, label in (("qm", qm), ("md", md))}
    count = adopt_archive(archive, codes)
    click.echo(f"adopted {count} calculations of {archive}")


def adopt_archive(archive: Path, codes: Mapping[str, "AbstractCode"]) -> int:
    """Import an archive and re-key its finished calculations.

    Args:
        archive: an ``.aiida`` file.
        codes: for each default plugin of a code in the archive the code that stands for it.

    Returns:
        How many calculations the cache can now replay.

    Raises:
        InputError: the archive is not there or is none.
    """
    from aiida.common.exceptions import AiidaException
    from aiida.common.log import override_log_level
    from aiida.orm import Group
    from aiida.tools.archive import import_archive

    if not archive.is_file():
        raise InputError(f"{archive}: no such file")
    try:
        with override_log_level():
            group = import_archive(archive, create_group=True)
    except (AiidaException, OSError) as error:
        raise InputError(f"{archive}: cannot be imported: {' '.join(str(error).split())}") from None
    if group is None:
        return 0
    calculations = list(_finished(group, codes))
    for node, code in calculations:
        node.base.extras.set(node.base.caching._HASH_EXTRA_KEY, _hash_with(node, code))
    Group.collection.delete(group)
    return len(calculations)


def _finished(
    group: int, codes: Mapping[str, "AbstractCode"]
) -> Iterator[tuple["CalculationNode", "AbstractCode | None"]]:
    """Finished calculations in the group; a job with the code that stands for its own."""
    from aiida.orm import AbstractCode, CalcFunctionNode, CalcJobNode, Group, QueryBuilder

    plugin_key = "attributes.input_plugin"
    finished = {"attributes.process_state": "finished"}
    for kind in (CalcFunctionNode, CalcJobNode):
        query = QueryBuilder().append(Group, filters={"id": group}, tag="group")
        query.append(kind, with_group="group", filters=finished, project="*", tag="calculation")
        if kind is CalcJobNode:
            query.append(AbstractCode, with_outgoing="calculation", project=plugin_key)
            yield from ((job, codes[plugin]) for job, plugin in query.all() if plugin in codes)
        else:
            yield from ((node, None) for node in query.all(flat=True))


def _hash_with(node: "CalculationNode", code: "AbstractCode | None") -> str:
    """The hash that the calculation would have had, had it run with `code`."""
    from aiida.common.hashing import make_hash

    objects = node.base.caching.get_objects_to_hash()
    if code is not None:
        objects["computer_uuid"] = code.computer.uuid
        objects["inputs"]["code"] = code.base.caching.compute_hash()
    return make_hash(objects)
