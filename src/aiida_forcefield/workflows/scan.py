"""WorkChain of one scan: the active-learning loop."""

from typing import Any

from aiida.engine import ExitCode, ToContext, WorkChain, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import Dict

from aiida_forcefield.calculations.qm import QmCalculation
from aiida_forcefield.calculations.scans import learn_profile, propose_first, propose_next
from aiida_forcefield.data import PointsData, SurrogateData, TopologyData


class ScanWorkChain(WorkChain):
    """Propose, compute, learn; until the surrogate is sure of the profile."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("scan", valid_type=Dict, help="The coordinate and its window.")
        spec.input("topology", valid_type=TopologyData)
        spec.input("reference", valid_type=PointsData, help="The relaxed molecule.")
        spec.input("learning", valid_type=Dict, help="Tolerance and limits of the surrogate.")
        spec.expose_inputs(QmCalculation, namespace="qm", exclude=["structures"])
        spec.outline(
            cls.propose_first,
            while_(cls.has_proposals)(cls.compute, cls.learn, cls.propose_next),
            cls.conclude,
        )
        spec.output("surrogate", valid_type=SurrogateData, required=False)
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

    def propose_first(self) -> None:
        """Begin with values that need no knowledge of the profile."""
        self.ctx.points = {}
        self.ctx.rounds = 0
        self.ctx.surrogate = None
        self.ctx.structures = propose_first(
            self.inputs.scan, self.inputs.topology, self.inputs.reference, self.inputs.learning
        )

    def has_proposals(self) -> bool:
        """Whether there is something to compute."""
        return self.ctx.structures is not None

    def compute(self) -> Any:
        """Compute the proposed structures in one job."""
        inputs = self.exposed_inputs(QmCalculation, namespace="qm")
        inputs["structures"] = self.ctx.structures
        inputs.setdefault("metadata", {})["call_link_label"] = f"round_{self.ctx.rounds:02d}"
        return ToContext(job=self.submit(QmCalculation, **inputs))

    def learn(self) -> None:
        """Learn from all points so far. What a failed job did finish counts too."""
        label = f"round_{self.ctx.rounds:02d}"
        self.ctx.rounds += 1
        if "points" not in self.ctx.job.outputs:
            self.report(f"{self.ctx.job.process_label}<{self.ctx.job.pk}> left no points")
            self.ctx.structures = None
            return
        self.ctx.points[label] = self.ctx.job.outputs.points
        self.ctx.surrogate = learn_profile(
            self.inputs.scan, self.inputs.learning, **self.ctx.points
        )

    def propose_next(self) -> None:
        """Take the surrogate's proposals, if it has any."""
        surrogate = self.ctx.surrogate
        if (
            self.ctx.structures is None
            or surrogate is None
            or not len(surrogate.get_array("proposals"))
        ):
            self.ctx.structures = None
            return
        self.ctx.structures = propose_next(
            self.inputs.scan,
            self.inputs.topology,
            self.inputs.reference,
            surrogate,
            **self.ctx.points,
        )

    def conclude(self) -> ExitCode | None:
        """Hand out profile and points, and say how sure the profile is."""
        name = self.inputs.scan["name"]
        self.out("points", self.ctx.points)
        if not any(node.value.ok.any() for node in self.ctx.points.values()):
            return self.exit_codes.ERROR_NO_PROFILE.format(name=name)
        self.out("surrogate", self.ctx.surrogate)
        status = self.ctx.surrogate.base.attributes.get("status")
        error = self.ctx.surrogate.base.attributes.get("error_estimate")
        self.report(f"{name}: {status}, uncertainty {error:.2%} of the window")
        if status != "converged":
            return self.exit_codes.ERROR_NOT_CONVERGED.format(name=name, error=error)
        return None
