"""WorkChain of many scans and batches of points, some at a time."""

from typing import Any

from aiida.engine import WorkChain, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import Dict, Int, ProcessNode

from aiida_forcefield.calculations.labels import link_label
from aiida_forcefield.data import (
    PointsData,
    ProfileData,
    ScanData,
    SpeciesData,
    StructuresData,
)
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.qm import QmWorkChain, expose_qm, validate_parameters
from aiida_forcefield.workflows.scan import ScanWorkChain, sections
from aiida_forcefield.workflows.submission import settle, submit_once

LEVELS = ("dimers", "molecule", "thermal")
"""Sections of QM settings, the most expensive first."""
BY_COST = ("pair", "dihedral", "improper", "angle", "bond")
"""Kinds of scans, the most expensive first. A wave of scans lasts as long as its slowest member, so
those that cost alike go together; and the last wave, which fills no machine, shall be short."""


class SamplingWorkChain(WorkChain):
    """Compute batches of points and scans, as many at a time as may run; a failure costs itself."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline and outputs."""
        super().define(spec)
        spec.input_namespace("qm", help="Where and how QM runs.")
        expose_qm(spec, exclude=["structures", "parameters"])
        spec.input_namespace(
            "parameters", dynamic=True, valid_type=Dict, help="QM settings of each level."
        )
        spec.inputs["parameters"].validator = _check_levels
        spec.input_namespace(
            "batches",
            dynamic=True,
            valid_type=StructuresData,
            help="Structures by level and label.",
        )
        spec.input_namespace(
            "scans",
            dynamic=True,
            valid_type=(ScanData, StructuresData),
            help="`scan` and the `structures` with which it begins, by level and label.",
        )
        spec.input_namespace("species", dynamic=True, valid_type=SpeciesData, help="By name.")
        spec.input_namespace(
            "references", dynamic=True, valid_type=PointsData, help="Each species at rest, by name."
        )
        for part in ("molecule", "pairs"):
            spec.input(f"learning.{part}", valid_type=Dict, required=False)
        spec.input("max_concurrent", valid_type=Int, help="Scans and batches at a time.")
        spec.outline(cls.begin, while_(cls.has_work)(cls.submit_work, cls.collect_work), cls.end)
        spec.output_namespace("points", dynamic=True, valid_type=PointsData)
        spec.output_namespace("profiles", dynamic=True, valid_type=ProfileData)

    def begin(self) -> None:
        """Put all work into the order in which it fills a machine best."""
        batches = [
            (LEVELS.index(level), 0, "batches", level, label)
            for level, found in self.inputs.get("batches", {}).items()
            for label in found
        ]
        scans = [
            (LEVELS.index(level), 1 + BY_COST.index(kind_of(found["scan"])), "scans", level, label)
            for level, planned in self.inputs.get("scans", {}).items()
            for label, found in planned.items()
        ]
        self.ctx.queue = [work[2:] for work in sorted(batches + scans)]
        self.ctx.points, self.ctx.profiles = {}, {}

    def has_work(self) -> bool:
        """Whether scans or batches are left."""
        return bool(self.ctx.queue)

    def submit_work(self) -> None:
        """Submit as many as may run at a time."""
        count = self.inputs.max_concurrent.value
        self.ctx.wave, self.ctx.queue = self.ctx.queue[:count], self.ctx.queue[count:]
        for kind, level, label in self.ctx.wave:
            submit: Any = {"batches": self._submit_batch, "scans": self._submit_scan}[kind]
            work = self.inputs[kind][level][label]
            self.to_context(**{f"work_{label}": submit(level, work, label)})

    def collect_work(self) -> None:
        """Keep the points of all that ran, also of what ended badly."""
        for _, _, label in self.ctx.wave:
            process = settle(self.ctx.pop(f"work_{label}"))
            if not process.is_finished_ok:
                self.report(f"{label}: {reason(process)}")
            outputs = outputs_of(process)
            points = outputs.get("points", {})
            if isinstance(points, PointsData):
                self.ctx.points[label] = points
            else:
                self.ctx.points |= {link_label(label, key): node for key, node in points.items()}
            if "profile" in outputs:
                self.ctx.profiles[label] = outputs["profile"]

    def end(self) -> None:
        """Hand out what was found."""
        for name in ("points", "profiles"):
            self.out(name, self.ctx[name])

    def _submit_batch(self, level: str, structures: StructuresData, label: str) -> ProcessNode:
        qm = self._qm(level) | {"structures": structures}
        return submit_once(self, QmWorkChain, qm=qm, metadata={"call_link_label": label})

    def _submit_scan(self, level: str, work: dict[str, Any], label: str) -> ProcessNode:
        scan = work["scan"]
        keys = scan.base.attributes.get("species")
        names = [n for n, s in self.inputs.species.items() if s.base.attributes.get("key") in keys]
        return submit_once(
            self,
            ScanWorkChain,
            scan=scan,
            structures=work["structures"],
            species={name: self.inputs.species[name] for name in names},
            references={name: self.inputs.references[name] for name in names},
            learning=self.inputs.learning[sections(kind_of(scan))[1]],
            qm=self._qm(level),
            metadata={"call_link_label": label, "label": f"{'-'.join(names)} {scan.label}"},
        )

    def _qm(self, level: str) -> dict[str, Any]:
        return {**self.inputs.qm, "parameters": self.inputs.parameters[level]}


def kind_of(scan: ScanData) -> str:
    """The kind of the coordinate of a scan."""
    kind: str = scan.base.attributes.get("coordinate")["kind"]
    return kind


def _check_levels(parameters: dict[str, Dict], _: Any) -> str | None:
    """Validate the QM settings of each level as their engine does."""
    for level, node in parameters.items():
        if message := validate_parameters(node, _):
            return f"{level}: {message}"
    return None
