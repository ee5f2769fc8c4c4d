"""WorkChain of one scan: the active-learning loop."""

from collections.abc import Mapping
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Dict, StructureData

from aiida_forcefield.calculations.functions.lattice import learn_lattice_profile, plan_lattice_scan
from aiida_forcefield.calculations.functions.scans import learn_profile
from aiida_forcefield.data import PointsData, ProfileData, ScanData, SpeciesData, StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.scans import MISSING
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.qm import QmWorkChain, expose_qm
from aiida_forcefield.workflows.submission import settle, submit_once


class ScanWorkChain(WorkChain):
    """Propose, compute, learn; until the surrogate is sure of the profile."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("scan", valid_type=ScanData, help="The coordinate and its window.")
        spec.input("structures", valid_type=StructuresData, help="With which the scan begins.")
        spec.input_namespace(
            "species",
            dynamic=True,
            valid_type=SpeciesData,
            required=False,
            help="Of its molecules.",
        )
        spec.input_namespace(
            "references",
            dynamic=True,
            valid_type=PointsData,
            required=False,
            help="Each species at rest, by the same labels.",
        )
        spec.input("crystal", valid_type=StructureData, required=False, help="In their place.")
        spec.inputs.validator = _one_material
        spec.input("learning", valid_type=Dict, help="Tolerance and limits of the surrogate.")
        expose_qm(spec, exclude=["structures"])
        spec.outline(
            cls.begin,
            while_(cls.has_proposals)(cls.compute, cls.learn),
            cls.conclude,
        )
        spec.output("profile", valid_type=ProfileData, required=False)
        spec.output_namespace("points", valid_type=PointsData, dynamic=True)
        spec.exit_code(
            310,
            "ERROR_NO_PROFILE",
            message="No point of the scan {name} succeeded; see the messages of its points.",
        )
        spec.exit_code(
            410,
            "ERROR_NOT_CONVERGED",
            message="The scan {name} ended with an uncertainty of {error:.1%} of its window; "
            "its points are kept. A larger `learning.max_points` or tolerance may help.",
        )
        spec.exit_code(
            411,
            "ERROR_NOT_LEARNABLE",
            message="The scan {name} follows no smooth profile: {flaw}; its points are kept.",
        )

    @classmethod
    def get_builder_from_protocol(
        cls,
        code: AbstractCode,
        scan: ScanData,
        structures: StructuresData,
        species: Mapping[str, SpeciesData],
        references: Mapping[str, PointsData],
        protocol: str,
        overrides: Mapping[str, Any] | None = None,
    ) -> ProcessBuilder:
        """A builder with all inputs set.

        Args:
            code: an interpreter with PySCF.
            scan, structures: two of those that `forcefield.plan_molecule_scans` returns.
            species: of the molecule, or of the two of a pair, by any labels.
            references: each of them at rest, by the same labels.
            protocol: name of the protocol.
            overrides: changes of the protocol.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        settings = get_protocol(protocol, overrides)
        level, learning = sections(scan.value.kind)
        builder: Any = cls.get_builder()
        builder.scan = scan
        builder.structures = structures
        builder.species = dict(species)
        builder.references = dict(references)
        builder.learning = Dict(settings["learning"][learning])
        builder.qm.code = code
        builder.qm.parameters = Dict(settings[level])
        return builder

    @classmethod
    def get_builder_for_crystal(
        cls,
        code: AbstractCode,
        crystal: StructureData,
        coordinate: Mapping[str, Any],
        protocol: str,
        overrides: Mapping[str, Any] | None = None,
    ) -> ProcessBuilder:
        """A builder with all inputs set for a scan of a crystal.

        Args:
            code: an interpreter with PySCF.
            crystal: any cell of it.
            coordinate: ``mode``, ``lower`` and ``upper`` of a strain, such as isotropic from -0.05
                to 0.05; or of the displacement of an ``element``, such as x from -0.2 to 0.2 Å.
            protocol: name of the protocol.
            overrides: changes of the protocol.

        Raises:
            ValueError: unknown protocol, an override that is not allowed, or a crystal or
                coordinate that cannot be treated.
        """
        settings = get_protocol(protocol, overrides)
        learning = Dict(settings["learning"]["crystals"])
        planned = plan_lattice_scan(
            crystal, Dict(dict(coordinate)), Dict(settings["crystal"]), learning
        )
        builder: Any = cls.get_builder()
        builder.scan = planned["scan"]
        builder.structures = planned["structures"]
        builder.crystal = crystal
        builder.learning = learning
        builder.qm.code = code
        builder.qm.parameters = planned["parameters"]
        return builder

    def begin(self) -> None:
        """Begin with values that need no knowledge of the profile."""
        self.ctx.points = {}
        self.ctx.rounds = 0
        self.ctx.structures = self.inputs.structures

    def has_proposals(self) -> bool:
        """Whether there is something to compute."""
        return self.ctx.structures is not None

    def compute(self) -> Any:
        """Compute the proposed structures in one batch."""
        qm = {**self.inputs.qm, "structures": self.ctx.structures}
        metadata = {
            "call_link_label": f"round_{self.ctx.rounds:02d}",
            "label": f"{self.node.label or self.inputs.scan.label}, round {self.ctx.rounds}",
        }
        return ToContext(batch=submit_once(self, QmWorkChain, qm=qm, metadata=metadata))

    def learn(self) -> None:
        """Take what the batch came to; learn, and choose what to compute next."""
        batch, self.ctx.structures = settle(self.ctx.batch), None
        points = outputs_of(batch).get("points")
        if points is not None:
            self.ctx.points[f"round_{self.ctx.rounds:02d}"] = points
        self.ctx.rounds += 1
        if not batch.is_finished_ok:
            self.report(f"{batch.process_label}<{batch.pk}>: {reason(batch)}")
        if not self.ctx.points:
            return
        inputs = self.inputs
        if "crystal" in inputs:
            learned = learn_lattice_profile(
                inputs.scan, inputs.crystal, inputs.learning, **self.ctx.points
            )
        else:
            learned = learn_profile(
                inputs.scan,
                inputs.learning,
                species=dict(inputs.species),
                references=dict(inputs.references),
                points=self.ctx.points,
            )
        self.ctx.profile = learned["profile"]
        complete = points is not None and MISSING not in points.base.attributes.get("statuses")
        self.ctx.structures = learned.get("structures") if complete else None

    def conclude(self) -> ExitCode | None:
        """Hand out profile and points, and say how sure the profile is."""
        name = self.inputs.scan.label
        self.out("points", self.ctx.points)
        if not any(node.value.ok.any() for node in self.ctx.points.values()):
            return self.exit_codes.ERROR_NO_PROFILE.format(name=name)
        self.out("profile", self.ctx.profile)
        learned = self.ctx.profile.base.attributes.get("surrogate")
        status, error = learned["status"], learned["error_estimate"]
        self.report(f"{name}: {status}, uncertainty {error:.2%} of the window")
        if flaw := learned.get("flaw"):
            return self.exit_codes.ERROR_NOT_LEARNABLE.format(name=name, flaw=flaw)
        if status != "converged":
            return self.exit_codes.ERROR_NOT_CONVERGED.format(name=name, error=error)
        return None


def _one_material(inputs: Mapping[str, Any], _: Any) -> str | None:
    """Validate that a scan is of molecules or of a crystal."""
    if ("crystal" in inputs) == bool(inputs.get("species")):
        return "a scan needs either crystal, or species and references"
    return None


def sections(kind: str) -> tuple[str, str]:
    """The sections of a protocol for the QM of a kind of scan and for its learning."""
    return ("dimers", "pairs") if kind == "pair" else ("molecule", "molecule")
