"""WorkChain from a species to a fitted force field."""

from collections.abc import Mapping
from math import inf
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, if_, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Data, Dict, Int, ProcessNode, Str

from aiida_forcefield.calculations.batches import size_batches
from aiida_forcefield.calculations.calibration import calibrate_counterpoise, plan_calibration
from aiida_forcefield.calculations.charges import derive_charges
from aiida_forcefield.calculations.count import count_qm
from aiida_forcefield.calculations.dimers import (
    BEGIN,
    DRAWN,
    FRAMES,
    STRETCHED,
    choose_pair_scans,
    sample_dimers,
    sample_liquid,
)
from aiida_forcefield.calculations.fit import COUNTERPOISE, fit_force_field, validate_force_field
from aiida_forcefield.calculations.many_body import resting_molecule
from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.calculations.pressure import assess_pressure
from aiida_forcefield.calculations.scans import plan_all_scans
from aiida_forcefield.calculations.species import propose_conformers
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.potentials.errors import LIQUID
from aiida_forcefield.workflows.density import DensityWorkChain
from aiida_forcefield.workflows.fit_ports import define_ports
from aiida_forcefield.workflows.known import known_of
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.protocols.check import QM_SECTIONS
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.scan import ScanWorkChain, sections
from aiida_forcefield.workflows.submission import settle, submit_once

BY_COST = ("pair", "dihedral", "improper", "angle", "bond")
"""Kinds of scans, the most expensive first. A wave of scans lasts as long as its slowest member, so
those that cost alike go together; and the last wave, which fills no machine, shall be short."""
SECOND = "second_"
"""Begins the labels of dimers in the second basis set."""
POLARIZABILITY = "polarizability"
Work = tuple[str, str, StructuresData, Dict | None]
"""Label, section of the QM settings, structures and, unless they are a mere batch, the scan."""


class FitWorkChain(WorkChain):
    """Scan every coordinate, sample dimers, and fit all parameters to all points at once."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        define_ports(spec)
        spec.outline(
            if_(cls.has_points)(cls.take_points, cls.fit, cls.assess).else_(
                cls.compute_reference,
                cls.inspect_reference,
                cls.plan,
                while_(cls.has_work)(cls.submit_work, cls.collect_work),
                cls.fit,
                while_(cls.wants_round)(
                    cls.simulate_liquid,
                    cls.sample_liquid,
                    while_(cls.has_work)(cls.submit_work, cls.collect_work),
                    if_(cls.wants_calibration)(
                        cls.plan_calibration,
                        while_(cls.has_work)(cls.submit_work, cls.collect_work),
                        cls.calibrate,
                    ),
                    cls.validate,
                    cls.fit,
                    cls.assess,
                ),
            ),
            cls.conclude,
        )

    @classmethod
    def get_builder_from_protocol(
        cls,
        codes: Mapping[str, AbstractCode],
        protocol: str,
        state: Mapping[str, float],
        overrides: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        **nodes: Data,
    ) -> ProcessBuilder:
        """A builder with all inputs set that a protocol decides.

        Args:
            codes: `qm`, an interpreter with PySCF, and `md`, LAMMPS.
            protocol: name of the protocol.
            state: `temperature` (K) and `pressure` (bar) of the liquid that dimers are taken from.
            overrides: changes of the protocol.
            options: of jobs on each code, such as ``{"qm": {"max_wallclock_seconds": 3600}}``.
            nodes: `species`, now or set on the builder later.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        settings = get_protocol(protocol, overrides)
        builder: ProcessBuilder = cls.get_builder()
        builder.qm.code = codes["qm"]
        builder.qm.metadata.options = {"resources": ONE_CORE, **(options or {}).get("qm", {})}
        for part in QM_SECTIONS:
            if part in settings:
                builder.parameters[part] = Dict(settings[part])
        for part in ("molecule", "pairs"):
            builder.learning[part] = Dict(settings["learning"][part])
        builder.sampling = Dict(settings["sampling"])
        if "calibration" in settings:
            builder.calibration = Dict(settings["calibration"])
        builder.fit = Dict(settings["fit"])
        builder.max_concurrent = Int(settings["max_concurrent"])
        # The liquid that dimers are taken from is simulated like the one of the density.
        liquid = DensityWorkChain.get_builder_from_protocol(
            codes, protocol, state, {"density": settings["liquid"]}, options
        )
        builder.liquid._merge(liquid)
        builder._update(nodes)
        return builder

    def has_points(self) -> bool:
        """Whether all points are there already."""
        return "known" in self.inputs

    def take_points(self) -> ExitCode | None:
        """Take what another force field of the molecule was fitted to."""
        try:
            known = known_of(self.inputs.known)
        except ValueError as error:
            return self.exit_codes.ERROR_KNOWN.format(reason=error)
        species = self.inputs.species
        if not known.species.value.same_molecule(species.value):
            return self.exit_codes.ERROR_KNOWN.format(reason="it is of another molecule")
        for name in ("reference", "properties", "points", "surrogates", "frames", "calibration"):
            self.ctx[name] = getattr(known, name)
        self.ctx.charges = derive_charges(species, known.reference, known.properties)
        self.ctx.round, self.ctx.apart = len(known.frames), {}
        for name in ("calibration", "polarizability"):
            if node := getattr(known, name):
                self.out(name, node)
        return None

    def compute_reference(self) -> Any:
        """Relax the conformers and compute the properties of the lowest."""
        self.ctx.parameters = {**self.inputs.parameters}
        structures = propose_conformers(self.inputs.species)
        return ToContext(molecule=self._submit_qm("reference", structures, "reference"))

    def inspect_reference(self) -> ExitCode | None:
        """Derive the charges, once the molecule rests in a minimum."""
        batch = settle(self.ctx.molecule)
        if not batch.is_finished_ok:
            return self.exit_codes.ERROR_REFERENCE.format(reason=reason(batch))
        self.ctx.reference = batch.outputs.points
        self.ctx.properties = batch.outputs.reference
        self.ctx.charges = derive_charges(
            self.inputs.species, self.ctx.reference, self.ctx.properties
        )
        return None

    def plan(self) -> None:
        """List scans and dimer batches; each becomes a process of its own."""
        self.ctx.points = {}
        self.ctx.apart = {}
        self.ctx.surrogates = {}
        self.ctx.seconds = {}
        self.ctx.round = 0
        self.ctx.validation = None
        self.ctx.pressure = None
        self.ctx.frames = {}
        self.ctx.calibration = None
        species, reference = self.inputs.species, self.ctx.reference
        planned = plan_all_scans(species, reference, **self.inputs.learning)
        # Not yet in batches that suit the walltime: nobody knows what a dimer costs.
        dimers: dict[str, StructuresData] = sample_dimers(species, reference, self.inputs.sampling)
        pairs = [label for label in planned if label.startswith(f"{BEGIN}pair_")]
        chosen = choose_pair_scans(
            species,
            reference,
            self.ctx.properties,
            self.ctx.charges,
            self.inputs.fit,
            Int(self.inputs.sampling["pair_scans"]),
            **dimers,
            **{label: planned[label] for label in pairs},
        )
        left_out = {label.removeprefix(BEGIN) for label in pairs} - {*chosen["information"]}

        prefix = "scan_"
        labels = [name.removeprefix(prefix) for name in planned if name.startswith(prefix)]
        labels = [label for label in labels if label not in left_out]
        labels.sort(key=lambda label: BY_COST.index(planned[prefix + label]["kind"]))
        queues: dict[str, list[Work]] = {"dimers": [], "molecule": []}
        for label in labels:
            scan = planned[prefix + label]
            level = sections(scan)[0]
            queues[level].append((label, level, planned[f"begin_{label}"], scan))

        batches: list[Work] = [(label, "dimers", batch, None) for label, batch in dimers.items()]
        self.ctx.queue = batches + queues["dimers"] + queues["molecule"]
        # It is for a liquid.
        if self.inputs.sampling["rounds"] and POLARIZABILITY in self.inputs.parameters:
            molecule = resting_molecule(species, reference)
            self.ctx.queue.append((POLARIZABILITY, POLARIZABILITY, molecule, None))

    def _sized(self, points: int) -> Dict:
        """The sampling; once it is known what a dimer costs, in batches that suit the walltime."""
        options = self.inputs.qm.get("metadata", {}).get("options", {})
        walltime, seconds = options.get("max_wallclock_seconds"), self.ctx.seconds.get("dimers")
        if not walltime or not seconds:
            return self.inputs.sampling
        # Seconds of CPU: with threads a dimer ends sooner, but nobody knows by how much.
        measured = {"points": points, "seconds": seconds, "walltime": walltime}
        jobs = self.inputs.max_concurrent.value
        return size_batches(self.inputs.sampling, Dict({**measured, "jobs": jobs}))

    def has_work(self) -> bool:
        """Whether scans or batches are left."""
        return bool(self.ctx.queue)

    def submit_work(self) -> None:
        """Submit as many as may run at a time."""
        count = self.inputs.max_concurrent.value
        wave, self.ctx.queue = self.ctx.queue[:count], self.ctx.queue[count:]
        self.ctx.wave = [(label, part) for label, part, *_ in wave]
        for label, part, structures, scan in wave:
            if scan is None:
                process = self._submit_qm(part, structures, label)
            else:
                process = self._submit_scan(part, structures, label, scan)
            self.to_context(**{f"work_{label}": process})

    def collect_work(self) -> None:
        """Keep the points of all that ran, also of what ended badly."""
        for label, part in self.ctx.wave:
            process = settle(self.ctx.pop(f"work_{label}"))
            if not process.is_finished_ok:
                self.report(f"{label}: {reason(process)}")
            outputs = outputs_of(process)
            points = outputs.get("points")
            if points is None:
                continue
            if part == POLARIZABILITY:
                self.ctx.apart[label] = points
                for found in outputs.get("properties", {}).values():
                    self.out(POLARIZABILITY, found)
                continue
            if isinstance(points, PointsData):
                found = {label: points}
            else:
                found = {f"{label}_{key}": node for key, node in points.items()}
            self.ctx.points |= found
            longest = max(node.value.cpu_seconds.max() for node in found.values())
            self.ctx.seconds[part] = max(self.ctx.seconds.get(part, 0.0), float(longest))
            if "surrogate" in outputs:
                self.ctx.surrogates[label] = outputs["surrogate"]

    def fit(self) -> ExitCode | None:
        """Fit all parameters to all points."""
        usable = {label: node for label, node in self.ctx.points.items() if node.value.ok.any()}
        if not any(node.base.attributes.get("split") for node in usable.values()):
            return self.exit_codes.ERROR_NO_DIMERS
        self.ctx.data = {
            "species": self.inputs.species,
            "reference": self.ctx.reference,
            "properties": self.ctx.properties,
            "charges": self.ctx.charges,
            "settings": self.inputs.fit,
            **self._calibration(),
            **self.ctx.frames,
            **{f"points_{label}": node for label, node in usable.items()},
            **{f"surrogate_{label}": node for label, node in self.ctx.surrogates.items()},
        }
        try:
            self.ctx.force_field = fit_force_field(**self.ctx.data)
        except ValueError as error:
            return self.exit_codes.ERROR_FIT.format(reason=error)
        return None

    def _calibration(self) -> dict[str, Dict]:
        return {"calibration": self.ctx.calibration} if self.ctx.calibration else {}

    def wants_round(self) -> bool:
        """Whether the liquid shall be asked once more what the force field does not know."""
        sampling, validation = self.inputs.sampling, self.ctx.validation
        error = validation.get_dict().get(LIQUID, inf) if validation else inf
        pressure = self.ctx.pressure["error"] if self.ctx.pressure else inf
        known = error <= sampling["target_error"] and pressure <= sampling["target_pressure"]
        return self.ctx.round < sampling["rounds"] and not known

    def simulate_liquid(self) -> Any:
        """Simulate the liquid with what is known so far."""
        inputs = self.exposed_inputs(DensityWorkChain, namespace="liquid")
        inputs |= {
            "force_field": self.ctx.force_field,
            "species": self.inputs.species,
            "reference": self.ctx.reference,
        }
        inputs.setdefault("metadata", {})["call_link_label"] = f"liquid_{self.ctx.round}"
        return ToContext(liquid=submit_once(self, DensityWorkChain, **inputs))

    def sample_liquid(self) -> ExitCode | None:
        """Take molecules and pairs of neighbours from the liquid."""
        liquid = settle(self.ctx.liquid)
        if "frames" not in liquid.outputs:
            return self.exit_codes.ERROR_LIQUID.format(reason=reason(liquid))
        frames, pressure = liquid.outputs.frames, self.ctx.pressure
        self.ctx.frames[f"{FRAMES}{self.ctx.round}"] = frames
        sampling = self.inputs.sampling
        drawn = pressure["wanted"] if pressure else sampling["liquid"]
        try:
            found = sample_liquid(
                self.inputs.species,
                self.ctx.force_field,
                frames,
                self.ctx.parameters["molecule"],
                self._sized(2 * drawn + sampling["uncertain"]),
                self.inputs.fit,
                Int(self.ctx.round),
                **({"pressure": pressure} if pressure else {}),
            )
        except ValueError as error:
            return self.exit_codes.ERROR_LIQUID.format(reason=error)
        self.ctx.parameters["thermal"] = found.pop("rigid")
        self.ctx.new = list(found)
        self.ctx.queue = [
            (label, "thermal" if label.startswith("thermal") else "dimers", batch, None)
            for label, batch in found.items()
        ]
        return None

    def wants_calibration(self) -> bool:
        """Whether the counterpoise correction is to be measured, now that there is a liquid."""
        return "calibration" in self.inputs and self.ctx.calibration is None

    def plan_calibration(self) -> ExitCode | None:
        """Compute dimers of the liquid that stand for all in a second basis set."""
        try:
            planned = plan_calibration(
                self.inputs.species,
                self.inputs.parameters.dimers,
                self.inputs.calibration,
                **self._new_dimers(),
            )
        except ValueError as error:
            return self.exit_codes.ERROR_CALIBRATION.format(reason=error)
        self.ctx.parameters["second"] = planned.pop("second")
        self.ctx.queue = [
            (f"{SECOND}{label}", "second", batch, None) for label, batch in planned.items()
        ]
        return None

    def calibrate(self) -> ExitCode | None:
        """Choose how much of the counterpoise correction all dimers get."""
        points, parameters = self.ctx.points, self.ctx.parameters
        second = {label: points.pop(label) for label in list(points) if label.startswith(SECOND)}
        self.ctx.apart |= second
        try:
            self.ctx.calibration = calibrate_counterpoise(
                self.inputs.species,
                parameters["dimers"],
                parameters["second"],
                **self._new_dimers(),
                **second,
            )
        except ValueError as error:
            return self.exit_codes.ERROR_CALIBRATION.format(reason=error)
        self.out("calibration", self.ctx.calibration)
        return None

    def _new_dimers(self) -> dict[str, PointsData]:
        as_found = (label for label in self.ctx.new if not label.startswith(STRETCHED))
        new = {label: self.ctx.points.get(label) for label in as_found}
        return {k: node for k, node in new.items() if node and node.base.attributes.get("split")}

    def validate(self) -> None:
        """See how well the force field foresees what it was not fitted to."""
        new = {label: self.ctx.points[label] for label in self.ctx.new if label in self.ctx.points}
        self.ctx.validation = validate_force_field(
            self.inputs.species,
            self.ctx.force_field,
            self.inputs.fit,
            **self._calibration(),
            **new,
        )
        self.out(f"validation.round_{self.ctx.round}", self.ctx.validation)
        self.ctx.round += 1

    def assess(self) -> None:
        """See how well the pressure is known that the pairs make."""
        drawn = {
            label: node
            for label, node in self.ctx.points.items()
            if label.startswith((DRAWN, STRETCHED)) and node.value.ok.any()
        }
        try:
            self.ctx.pressure = assess_pressure(
                self.inputs.species,
                self.ctx.force_field,
                self.inputs.fit,
                self.inputs.sampling,
                **self._calibration(),
                **self.ctx.frames,
                **drawn,
            )
        except ValueError as error:
            self.ctx.pressure = None  # that of a round before is of another force field
            self.report(f"pressure of pairs: {error}")

    def conclude(self) -> None:
        """Hand out the force field, what it stands on, and the liquid that it was asked about."""
        for label in ("force_field", "charges", "reference", "properties"):
            self.out(label, self.ctx[label])
        everything = {"reference": self.ctx.reference, **self.ctx.points, **self.ctx.apart}
        self.out("qm_count", count_qm(**everything))
        if self.ctx.frames:
            self.out("frames", self.ctx.frames[f"{FRAMES}{self.ctx.round - 1}"])
        if self.ctx.pressure:
            self.out("pressure", self.ctx.pressure)
        for name in self.inputs.get("variations", []):
            if name != COUNTERPOISE or self.ctx.calibration:
                try:
                    varied = fit_force_field(**self.ctx.data, variation=Str(name))
                except ValueError as error:
                    self.report(f"fit with other {name}: {error}")
                else:
                    self.out(f"variations.{name}", varied)

    def _submit_qm(self, part: str, structures: StructuresData, label: str) -> ProcessNode:
        qm = self._qm(part) | {"structures": structures}
        return submit_once(self, QmWorkChain, qm=qm, metadata={"call_link_label": label})

    def _submit_scan(
        self, part: str, structures: StructuresData, label: str, scan: Dict
    ) -> ProcessNode:
        return submit_once(
            self,
            ScanWorkChain,
            scan=scan,
            structures=structures,
            species=self.inputs.species,
            reference=self.ctx.reference,
            learning=self.inputs.learning[sections(scan)[1]],
            qm=self._qm(part),
            metadata={"call_link_label": label},
        )

    def _qm(self, part: str) -> dict[str, Any]:
        return {**self.inputs.qm, "parameters": self.ctx.parameters[part]}
