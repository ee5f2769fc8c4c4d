"""CalcJob for a batch of quantum-mechanical points."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZipFile, ZipInfo

from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec
from aiida.orm import ArrayData, Dict, ProcessNode
from aiida_pyscf.calculations.base import PyscfCalculation

from aiida_forcefield.calculations.names import check_names
from aiida_forcefield.calculations.options import default_to_one_core
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.runner.engine import Capabilities
from aiida_forcefield.runner.engines import add_folder, find_engine
from aiida_forcefield.runner.parameters import check_parameters
from aiida_forcefield.scans import UNFINISHED, Cluster

WALLTIME_SHARE = 0.95
"""Of the walltime, until which points are computed; the rest is for starting and ending."""

RUN = 'import runpy; runpy.run_module("runner", run_name="__main__", alter_sys=True)'


class QmCalculation(PyscfCalculation):
    """Energies and gradients of many structures in one job, each with a status of its own.

    Runs on the same code and speaks the same `mean_field` and `structure` dialect as
    ``pyscf.base``; beside it stand the sections of `aiida_forcefield.runner`. Nothing is pickled.
    """

    CACHE_VERSION = 1
    FILENAME_JOB = "job.json"
    FILENAME_RUNNER = "runner.pyz"
    FILENAME_RESULTS = "results.jsonl"
    ENGINES: ClassVar[Path | None] = None
    """Of a plugin's subclass: the folder of its engines, each a file as in `runner.engines`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the engines of a plugin for some of the runner's."""
        super().__init_subclass__(**kwargs)
        if cls.ENGINES is not None:
            add_folder(cls.ENGINES)

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Define inputs, outputs and exit codes."""
        super().define(spec)
        for port in ("structure", "checkpoint"):
            del spec.inputs[port]
        for port in list(spec.outputs):
            if port not in ("remote_folder", "remote_stash", "retrieved"):
                del spec.outputs[port]
        for label in set(PyscfCalculation.exit_codes) - set(CalcJob.exit_codes):
            del spec.exit_codes[label]
        spec.input("structures", valid_type=StructuresData, help="The structures to compute.")
        spec.inputs["parameters"].required = True
        default_to_one_core(spec, "forcefield.qm")

        spec.output("points", valid_type=PointsData, help="The points, failed ones included.")
        spec.output(
            "reference",
            valid_type=ArrayData,
            required=False,
            help="Hessian, electrostatic potential and dispersion coefficients of the material.",
        )
        spec.output(
            "properties",
            valid_type=ArrayData,
            required=False,
            help="Where asked for, `hessian` (s, 3n, 3n) in eV/Å², `dipole` (s, 3) in Debye, "
            "`polarizability` (s, 3, 3) in Å³ and, of crystals, `c6` (s, n, n) in eV Å⁶.",
        )
        spec.exit_code(
            310,
            "ERROR_NOT_STARTED",
            message="The program refused its parameters: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(
            311,
            "ERROR_NO_POINT",
            message="Not one point succeeded; the first failure: {reason}",
        )
        spec.exit_code(
            312,
            "ERROR_MISSING_PROGRAM",
            message="A program that the job needs is not there: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(
            313,
            "ERROR_WRONG_VERSION",
            message="A program of the job has the wrong version: {reason}",
            invalidates_cache=True,
        )
        spec.exit_code(
            411,
            "ERROR_INCOMPLETE",
            message="The job ended before all its points were computed (what is done is kept): "
            "{reason}",
        )
        spec.exit_code(
            412,
            "ERROR_DISK_FULL",
            message="No space is left where the job runs; what is done is kept. Free some, and "
            "launch the study again.",
        )

    @classmethod
    def validate_parameters(cls, value: Dict | None, _: Any) -> str | None:
        """Validate the `parameters` input."""
        try:
            cls.check_parameters(value.get_dict() if value else {})
        except ValueError as error:
            return str(error)
        return None

    @classmethod
    def check_parameters(cls, parameters: Mapping[str, Any]) -> None:
        """Check QM settings.

        Raises:
            ValueError: one line that names the key.
        """
        check_names(check_parameters(dict(parameters)))

    @classmethod
    def capabilities(cls, parameters: Mapping[str, Any]) -> Capabilities:
        """What the engine that some checked parameters name can do."""
        return find_engine(parameters["engine"]).capabilities(parameters)

    @classmethod
    def level(cls, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that the energies of an engine depend on."""
        keys = find_engine(parameters["engine"]).level
        return {key: parameters.get(key) for key in keys}

    @classmethod
    def method(cls, parameters: Mapping[str, Any]) -> str:
        """Name of the method of some checked parameters, for people."""
        return find_engine(parameters["engine"]).method(parameters)

    @classmethod
    def is_valid_cache(cls, node: ProcessNode) -> bool:
        """Whether another job may take its points from this one.

        Also where it ended too early, if it came to points, or other jobs of its batch did so after
        it: the next one goes on from there, and is taken from the cache in turn. And where all of
        them failed, unless the machine may have been the reason: a scan that finds another outcome
        than it had goes another way.
        """
        if node.exit_status in CUT_SHORT:
            return came_to_points(node) or others_went_on(node)
        if node.exit_status == cls.exit_codes.ERROR_NO_POINT.status:
            return not {"error", *UNFINISHED} & statuses(node)
        return super().is_valid_cache(node)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the job and the runner, which needs nothing of this package installed."""
        job = job_description(self.inputs.structures, self.inputs.parameters)
        with folder.open(self.FILENAME_JOB, "w") as handle:
            json.dump(job, handle)
        with folder.open(self.FILENAME_RUNNER, "wb") as handle:
            handle.write(packed_runner(self.ENGINES))

        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        # -E: AiiDA's daemon hands its own PYTHONPATH down, whose PySCF is another one.
        code.cmdline_params = ["-E", self.FILENAME_RUNNER, self.FILENAME_JOB, *self.limits()]
        code.stdout_name = self.FILENAME_STDOUT
        info = CalcInfo()
        info.codes_info = [code]
        info.retrieve_list = [self.FILENAME_STDOUT]
        info.retrieve_temporary_list = [self.FILENAME_RESULTS]  # the points hold all of it
        # The inputs hold all that the job description says.
        info.provenance_exclude_list = [self.FILENAME_JOB]
        return info

    def limits(self) -> list[str]:
        """Arguments that have the runner keep to the time and memory that the job may use."""
        arguments = []
        if seconds := self.node.get_option("max_wallclock_seconds"):
            arguments += ["--seconds", str(WALLTIME_SHARE * seconds)]
        if kilobytes := self.node.get_option("max_memory_kb"):
            arguments += ["--kilobytes", str(kilobytes)]
        return arguments


CUT_SHORT = {
    code.status: code
    for code in (
        QmCalculation.exit_codes.ERROR_SCHEDULER_OUT_OF_MEMORY,
        QmCalculation.exit_codes.ERROR_SCHEDULER_OUT_OF_WALLTIME,
        QmCalculation.exit_codes.ERROR_SCHEDULER_NODE_FAILURE,
        QmCalculation.exit_codes.ERROR_INCOMPLETE,
        QmCalculation.exit_codes.ERROR_DISK_FULL,
    )
}
"""Exit codes of jobs that ended before their time, by status."""


def statuses(job: ProcessNode) -> set[str]:
    """How the points of a job ended; none where it has no points."""
    points = outputs_of(job).get("points")
    return set(points.base.attributes.get("statuses")) if points is not None else set()


def came_to_points(job: ProcessNode) -> bool:
    """Whether a job came to any point, be it good or failed."""
    return not statuses(job) <= {*UNFINISHED}


def others_went_on(job: ProcessNode) -> bool:
    """Whether later jobs of a batch came to points, and none of them tried what this one did."""
    batch = job.caller.called if job.caller else []
    later = [other for other in batch if other.ctime > job.ctime]
    tried = {other.base.caching.get_hash() for other in later}
    return job.base.caching.get_hash() not in tried and any(map(came_to_points, later))


@cache
def packed_runner(engines: Path | None = None) -> bytes:
    """The runner as one file, which Python runs as it stands, with the engines of a plugin.

    One, for each file of a job costs AiiDA time whenever it hashes or clones the job.
    """
    modules = python_files(resources.files("aiida_forcefield.runner"), "runner/")
    if engines is not None:
        modules |= python_files(engines, "runner/engines/")
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        # Without a date, so that the repository keeps one copy for all jobs.
        archive.writestr(ZipInfo("__main__.py"), RUN)
        for name, text in sorted(modules.items()):
            archive.writestr(ZipInfo(name), text)
    return buffer.getvalue()


def python_files(folder: Traversable, prefix: str) -> dict[str, str]:
    """Texts of the Python files of a folder and those below it, by their path after a prefix."""
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        if entry.is_dir():
            found |= python_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            found[prefix + entry.name] = entry.read_text()
    return found


def job_description(structures: StructuresData, parameters: Dict) -> dict[str, Any]:
    """What the runner reads: structures and parameters as plain JSON."""
    value = structures.value
    constraint = None
    if value.constraint:
        constraint = {"atoms": list(value.constraint), "values": value.values.tolist()}
    cluster, periodic = value.cluster, value.cells is not None
    description = {
        "parameters": parameters.get_dict(),
        "symbols": list(cluster.symbols),
        "charge": cluster.charge,
        "multiplicity": cluster.multiplicity,
        "positions": value.positions.tolist(),
        "constraint": constraint,
        "bonds": [list(bond) for bond in cluster.bonds],
        "fragments": [] if periodic else fragments_of(cluster),
    }
    if value.cells is not None:
        description["cells"] = value.cells.tolist()
    return description


def fragments_of(cluster: Cluster) -> list[dict[str, int]]:
    """The molecules of a cluster, as the runner reads them; none of a single molecule."""
    if len(cluster.molecules) == 1:
        return []
    return [
        {
            "atoms": molecule.atoms,
            "charge": molecule.charge,
            "multiplicity": molecule.multiplicity,
        }
        for molecule in cluster.molecules
    ]
