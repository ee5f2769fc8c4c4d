"""The engine ``pyscf.base``: the stock calculation of aiida-pyscf, one job a point."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida.engine import ExitCode, WorkChain, append_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Dict, StructureData
from aiida_pyscf.calculations.base import PyscfCalculation

from aiida_forcefield.calculations.functions.pyscf_base import collect_base_points
from aiida_forcefield.calculations.jobs.qm import QmCalculation
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.runner.coordinate import Coordinate
from aiida_forcefield.runner.engine import Capabilities
from aiida_forcefield.scans import Structures
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.submission import settle, submit_once

CONSTRAINTS = "constraints.txt"
PLAIN = re.compile(r"[\w ,.:;+*()/-]*")
CAN = Capabilities("pyscf.base", frozenset({"gradient"}))
TAKEN = ("engine", "mean_field", "structure", "gradient", "relaxation")
"""Keys of the parameters that mean something to it; others must be false, or left out."""
SCF_FAILED = PyscfCalculation.exit_codes.ERROR_ELECTRONIC_CONVERGENCE_NOT_REACHED.status


class PyscfBaseWorkChain(WorkChain):
    """Points as aiida-pyscf computes them: the peer of our engine, and a check on it.

    It knows energies, gradients of unrelaxed structures, and relaxations, of one molecule without
    density fitting.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=AbstractCode, help="An interpreter with PySCF and dill.")
        spec.input("structures", valid_type=StructuresData, help="The structures to compute.")
        spec.input("parameters", valid_type=Dict, help="QM settings as of the engine `pyscf`.")
        spec.input("options", valid_type=dict, default=dict, non_db=True, help="Of each job.")
        spec.outline(cls.submit_points, cls.collect_points)
        spec.output("points", valid_type=PointsData, help="The points, failed ones included.")
        spec.exit_code(311, "ERROR_NO_POINT", message="Not one point succeeded: {reason}")

    @classmethod
    def check_parameters(cls, parameters: Mapping[str, Any]) -> None:
        """Check QM settings.

        Raises:
            ValueError: one line that names the key.
        """
        QmCalculation.check_parameters(in_pyscf(parameters))
        for key, value in parameters.items():
            if key not in TAKEN and value not in (False, None):
                raise CAN.refusal(key)
        for key, value in parameters["mean_field"].items():
            if isinstance(value, dict):
                raise ValueError(f"parameters.mean_field.{key}: pyscf.base takes no dictionary")
            # aiida-pyscf writes it between quotes into a script.
            if isinstance(value, str) and not PLAIN.fullmatch(value):
                raise ValueError(f"parameters.mean_field.{key}: {value!r} is no plain word")
        relaxation = parameters.get("relaxation")
        if relaxation and relaxation["engine"] != "pyscf":
            raise ValueError("parameters.relaxation.engine: with pyscf.base it must be pyscf")
        if relaxation and "max_steps" in relaxation:
            raise ValueError("parameters.relaxation.max_steps: pyscf.base cannot set it; it is 100")
        if relaxation and parameters.get("gradient"):
            raise ValueError("parameters.gradient: pyscf.base has none where it relaxes: use false")

    @classmethod
    def capabilities(cls, parameters: Mapping[str, Any]) -> Capabilities:
        """What the engine can do."""
        return CAN

    @classmethod
    def level(cls, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that its energies depend on: those of the engine `pyscf`."""
        return QmCalculation.level(in_pyscf(parameters))

    @classmethod
    def method(cls, parameters: Mapping[str, Any]) -> str:
        """Name of the method, for people."""
        return QmCalculation.method(in_pyscf(parameters))

    def submit_points(self) -> None:
        """Submit a job for each structure."""
        structures, parameters = self.inputs.structures.value, self.inputs.parameters.get_dict()
        settings = Dict(base_parameters(parameters, structures))
        options = {key: v for key, v in self.inputs.options.items() if key != "parser_name"}
        for index, positions in enumerate(structures.positions):
            own = dict(options)
            if "relaxation" in parameters and structures.constraint:
                text = Coordinate(structures.constraint).constraint(structures.values[index])
                own["prepend_text"] = (
                    f"{options.get('prepend_text', '')}\ncat > {CONSTRAINTS} <<'END'\n{text}\nEND\n"
                )
            job = submit_once(
                self,
                PyscfCalculation,
                code=self.inputs.code,
                structure=isolated(structures.cluster.symbols, positions),
                parameters=settings,
                metadata={
                    "options": own,
                    "call_link_label": f"point_{index:04d}",
                    "label": ", ".join(filter(None, [self.node.label, f"point {index}"])),
                },
            )
            self.to_context(jobs=append_(job))

    def collect_points(self) -> ExitCode | None:
        """Put all results into one node."""
        results: dict[str, Any] = {}
        failures: dict[str, list[str]] = {}
        for index, job in enumerate(map(settle, self.ctx.jobs)):
            outputs = outputs_of(job)
            if job.is_finished_ok:
                results[f"parameters_{index:04d}"] = outputs["parameters"]
                if "trajectory" in outputs:
                    results[f"trajectory_{index:04d}"] = outputs["trajectory"]
            else:
                status = "scf_not_converged" if job.exit_status == SCF_FAILED else "error"
                failures[str(index)] = [status, reason(job)]
        points = collect_base_points(
            self.inputs.structures, self.inputs.parameters, Dict(failures), **results
        )
        self.out("points", points)
        if not points.value.ok.any():
            return self.exit_codes.ERROR_NO_POINT.format(reason=points.value.messages[0])
        return None


def in_pyscf(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings for the engine `pyscf`."""
    return {**parameters, "engine": "pyscf"}


def base_parameters(parameters: Mapping[str, Any], structures: Structures) -> dict[str, Any]:
    """QM settings of ours in the words of aiida-pyscf."""
    field = dict(parameters["mean_field"])
    if structures.cluster.multiplicity > 1:
        field["method"] = field["method"].replace("R", "U", 1)
    settings: dict[str, Any] = {
        "mean_field": field,
        "structure": {
            **parameters["structure"],
            "charge": structures.cluster.charge,
            "spin": structures.cluster.multiplicity - 1,
        },
        # Its parser would unpickle what comes back from the remote machine.
        "results": {"pickle_model": False},
    }
    if "relaxation" in parameters:
        # Without a prefix there is no trajectory, and so no energy of the relaxed structure.
        convergence: dict[str, Any] = {"prefix": "point", "convergence_set": "GAU"}
        if structures.constraint:
            convergence |= {"constraints": CONSTRAINTS, "conmethod": 1}
        settings["optimizer"] = {"solver": "geometric", "convergence_parameters": convergence}
    return settings


def isolated(symbols: tuple[str, ...], positions: np.ndarray) -> StructureData:
    """A molecule as AiiDA's own structure; positions have the shape (n, 3), Å."""
    structure = StructureData(pbc=(False, False, False))
    for symbol, position in zip(symbols, positions, strict=True):
        structure.append_atom(symbols=symbol, position=position)
    return structure
