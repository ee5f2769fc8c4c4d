"""WorkChain from a system to a fitted force field."""

from collections.abc import Mapping
from math import inf
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, if_, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Data, Dict, Int, Str

from aiida_forcefield.calculations.functions.batches import size_batches
from aiida_forcefield.calculations.functions.count import count_qm
from aiida_forcefield.calculations.functions.dimers import (
    choose_pair_scans,
    sample_dimers,
    sample_liquid,
)
from aiida_forcefield.calculations.functions.electrostatics import (
    derive_charges,
    derive_polarizable,
)
from aiida_forcefield.calculations.functions.pressure import assess_pressure
from aiida_forcefield.calculations.functions.scans import plan_molecule_scans, plan_pairs_of_types
from aiida_forcefield.calculations.functions.species import propose_conformers, resting_molecule
from aiida_forcefield.calculations.functions.validation import validate_force_field
from aiida_forcefield.calculations.labels import link_label, number
from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.data import PointsData, StructuresData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.properties import Liquid
from aiida_forcefield.workflows.earlier import earlier_of
from aiida_forcefield.workflows.fit_ports import define_ports
from aiida_forcefield.workflows.job import FitJobWorkChain
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.protocols.check import QM_SECTIONS
from aiida_forcefield.workflows.qm import QmWorkChain
from aiida_forcefield.workflows.sampling import SamplingWorkChain
from aiida_forcefield.workflows.simulation import SimulationWorkChain
from aiida_forcefield.workflows.submission import settle, submit_once

POLARIZABILITY = "polarizability"
POLARIZABLE = "polarizable"


class FitWorkChain(WorkChain):
    """Scan every coordinate, sample dimers, and fit all parameters to all points at once.

    Then, in rounds, the liquid is simulated with the force field so far, and what it has that the
    force field does not know is computed and fitted, too. With all points, forms are chosen.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        define_ports(spec)
        spec.outline(
            cls.begin,
            if_(cls.has_points)(cls.take_points, cls.derive_electrostatics).else_(
                cls.compute_references,
                cls.inspect_references,
                if_(cls.is_polarizable)(
                    cls.compute_polarizabilities,
                    cls.inspect_polarizabilities,
                ),
                cls.derive_electrostatics,
                cls.sample,
                cls.collect,
                cls.fit,
                cls.inspect_fit,
                while_(cls.wants_round)(
                    cls.simulate_liquid,
                    cls.sample_liquid,
                    cls.collect,
                    cls.validate,
                    cls.fit,
                    cls.inspect_fit,
                    cls.assess,
                ),
            ),
            cls.choose_forms,
            cls.inspect_fit,
            cls.assess,
            cls.fit_otherwise,
            cls.conclude,
        )

    @classmethod
    def get_builder_from_protocol(
        cls,
        codes: Mapping[str, AbstractCode],
        protocol: str,
        liquid: Liquid | None = None,
        overrides: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        **nodes: Data,
    ) -> ProcessBuilder:
        """A builder with all inputs set that a protocol decides.

        Args:
            codes: `qm`, an interpreter with PySCF, `md`, LAMMPS, and `fit`, an interpreter with
                this package.
            protocol: name of the protocol.
            liquid: from which dimers are taken; without it there are no rounds.
            overrides: changes of the protocol.
            options: of jobs on each code, such as ``{"qm": {"max_wallclock_seconds": 3600}}``.
            nodes: `system`, now or set on the builder later.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        settings, options = get_protocol(protocol, overrides), options or {}
        builder: Any = cls.get_builder()
        builder.qm.code = codes["qm"]
        builder.qm.metadata.options = {"resources": ONE_CORE, **options.get("qm", {})}
        builder.fit_code = codes["fit"]
        builder.fit_options = {"resources": ONE_CORE, **options.get("fit", {})}
        for part in QM_SECTIONS:
            if part in settings:
                builder.parameters[part] = Dict(settings[part])
        for part in ("molecule", "pairs"):
            builder.learning[part] = Dict(settings["learning"][part])
        builder.electrostatics = Str(settings["electrostatics"])
        builder.sampling = Dict(settings["sampling"])
        builder.fit = Dict(settings["fit"])
        builder.max_concurrent = Int(settings["max_concurrent"])
        if liquid:
            # It is simulated like the one of the properties.
            overridden = {"simulation": settings["liquid"]}
            simulated = SimulationWorkChain.get_builder_from_protocol(
                codes, protocol, liquid, (), overridden, options
            )
            builder.liquid._merge(simulated)
        builder._update(nodes)
        return builder

    def begin(self) -> None:
        """Begin with nothing."""
        for name in (
            *("references", "properties", "electrostatics", POLARIZABILITY),
            *("points", "profiles", "apart", "frames", "forms", "levels", "new"),
        ):
            self.ctx[name] = {}
        self.ctx.round = 0
        self.ctx.validation = self.ctx.pressure = None

    def has_points(self) -> bool:
        """Whether all points are there already."""
        return "points_of" in self.inputs

    def take_points(self) -> ExitCode | None:
        """Take what another force field of the system was fitted to."""
        try:
            earlier = earlier_of(self.inputs.points_of)
        except ValueError as error:
            return self.exit_codes.ERROR_POINTS_OF.format(reason=error)
        if not earlier.is_of(self.inputs.system.value):
            return self.exit_codes.ERROR_POINTS_OF.format(reason="it is of other species")
        if self.is_polarizable() and not earlier.polarizability:
            return self.exit_codes.ERROR_POINTS_OF.format(
                reason="no polarizability was computed; set electrostatics: fixed"
            )
        self.ctx.update(vars(earlier))
        self.ctx.round = len(earlier.frames)
        return None

    def compute_references(self) -> None:
        """Relax the conformers of each species and compute the properties of the lowest."""
        for name, species in self.inputs.species.items():
            label = link_label("reference", name)
            process = submit_once(
                self,
                QmWorkChain,
                qm={
                    **self.inputs.qm,
                    "parameters": self.inputs.parameters.reference,
                    "structures": propose_conformers(species),
                },
                metadata={"call_link_label": label},
            )
            self.to_context(**{label: process})

    def inspect_references(self) -> ExitCode | None:
        """Go on only with each species in a minimum."""
        for name in self.inputs.species:
            batch = settle(self.ctx.pop(link_label("reference", name)))
            if not batch.is_finished_ok:
                return self.exit_codes.ERROR_REFERENCE.format(name=name, reason=reason(batch))
            self.ctx.references[name] = batch.outputs.points
            self.ctx.properties[name] = batch.outputs.reference
        return None

    def is_polarizable(self) -> bool:
        """Whether molecules shall polarise one another."""
        return bool(self.inputs.electrostatics.value == POLARIZABLE)

    def compute_polarizabilities(self) -> None:
        """Compute that of each species at rest."""
        for name, species in self.inputs.species.items():
            label = link_label(POLARIZABILITY, name)
            process = submit_once(
                self,
                QmWorkChain,
                qm={
                    **self.inputs.qm,
                    "parameters": self.inputs.parameters[POLARIZABILITY],
                    "structures": resting_molecule(species, self.ctx.references[name]),
                },
                metadata={"call_link_label": label},
            )
            self.to_context(**{label: process})

    def inspect_polarizabilities(self) -> ExitCode | None:
        """Go on only with that of each species."""
        for name in self.inputs.species:
            label = link_label(POLARIZABILITY, name)
            batch = settle(self.ctx.pop(label))
            if not batch.is_finished_ok:
                return self.exit_codes.ERROR_POLARIZABILITY.format(name=name, reason=reason(batch))
            self.ctx.apart[label] = batch.outputs.points
            (self.ctx[POLARIZABILITY][name],) = batch.outputs.properties.values()
        return None

    def derive_electrostatics(self) -> None:
        """Derive that of each species from its potential, and from its polarizability."""
        for name, species in self.inputs.species.items():
            rest, properties = self.ctx.references[name], self.ctx.properties[name]
            self.ctx.electrostatics[name] = (
                derive_polarizable(species, rest, properties, self.ctx[POLARIZABILITY][name])
                if self.is_polarizable()
                else derive_charges(species, rest, properties)
            )

    def sample(self) -> Any:
        """Scan the coordinates of each species and of pairs of them, and sample dimers."""
        inputs, references = self.inputs, self.ctx.references
        molecules: dict[str, Any] = {}
        for name, species in inputs.species.items():
            planned = plan_molecule_scans(species, references[name], inputs.learning.molecule)
            molecules |= {link_label(name, label): work for label, work in planned.items()}
        # Not yet in batches that suit the walltime: nobody knows what a dimer costs.
        dimers = sample_dimers(inputs.system, inputs.sampling, **references)
        pairs = plan_pairs_of_types(inputs.system, inputs.learning.pairs, **references)
        chosen = choose_pair_scans(
            inputs.system,
            inputs.fit,
            Int(inputs.sampling["pair_scans"]),
            references=references,
            properties=self.ctx.properties,
            electrostatics=self.ctx.electrostatics,
            dimers=dimers,
            begin={label: work["structures"] for label, work in pairs.items()},
        )
        told = {label: pairs[label] for label in chosen["information"]}
        scans = {"dimers": told, "molecule": molecules}
        return self._submit_sampling("begin", {"dimers": dimers}, scans)

    def _submit_sampling(
        self,
        label: str,
        batches: Mapping[str, Mapping[str, StructuresData]],
        scans: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Any:
        scans = scans or {}
        levels = {**self.inputs.parameters, **self.ctx.levels}
        process = submit_once(
            self,
            SamplingWorkChain,
            qm=self.inputs.qm,
            parameters={level: levels[level] for level in {*batches, *scans}},
            batches=batches,
            scans=scans,
            species=self.inputs.species,
            references=self.ctx.references,
            learning=self.inputs.learning,
            max_concurrent=self.inputs.max_concurrent,
            metadata={"call_link_label": label},
        )
        return ToContext(sampling=process)

    def collect(self) -> None:
        """Keep the points of all that ran."""
        found = outputs_of(settle(self.ctx.sampling))
        self.ctx.new = found.get("points", {})
        self.ctx.points |= self.ctx.new
        self.ctx.profiles |= found.get("profiles", {})

    def _has_liquid(self) -> bool:
        return bool(self.inputs.get("liquid")) and self.inputs.sampling["rounds"] > 0

    def _sized(self, points: int) -> Dict:
        """The sampling; where there is a walltime, in batches that suit it."""
        walltime = self.inputs.qm.metadata.options.get("max_wallclock_seconds")
        longest = max((_longest(node) for node in self.ctx.points.values()), default=0.0)
        if not walltime or not longest:
            return self.inputs.sampling
        # Seconds of CPU: with threads a dimer ends sooner, but nobody knows by how much.
        measured = {"points": points, "seconds": longest, "walltime": walltime}
        jobs = self.inputs.max_concurrent.value
        return size_batches(self.inputs.sampling, Dict({**measured, "jobs": jobs}))

    def fit(self) -> Any:
        """Fit all parameters to all points, with the usual forms."""
        return self._submit_fits({"fit": {}})

    def choose_forms(self) -> Any:
        """Fit them once more, and choose the forms that evidence speaks for."""
        return self._submit_fits({"fit": {"choose": True}})

    def _submit_fits(self, modes: Mapping[str, Mapping[str, Any]]) -> Any:
        """Fits side by side, by label, each in its mode."""
        usable = {label: node for label, node in self.ctx.points.items() if node.value.ok.any()}
        if not any(len(node.value.cluster.molecules) == 2 for node in usable.values()):
            return self.exit_codes.ERROR_NO_DIMERS
        fits = {}
        for label, mode in modes.items():
            fits[label] = submit_once(
                self,
                FitJobWorkChain,
                job={
                    "code": self.inputs.fit_code,
                    "system": self.inputs.system,
                    "references": self.ctx.references,
                    "properties": self.ctx.properties,
                    "electrostatics": self.ctx.electrostatics,
                    "points": usable,
                    "profiles": self.ctx.profiles,
                    "frames": self.ctx.frames,
                    "settings": self.inputs.fit,
                    **self.ctx.forms,
                    "mode": Dict(dict(mode)),
                    "metadata": {"options": self.inputs.fit_options},
                },
                metadata={"call_link_label": link_label(label, number(self.ctx.round), *mode)},
            )
        return ToContext(**fits)

    def inspect_fit(self) -> ExitCode | None:
        """Go on only with a force field."""
        job = settle(self.ctx.fit)
        if not job.is_finished_ok:
            return self.exit_codes.ERROR_FIT.format(reason=reason(job))
        found = outputs_of(job)
        self.ctx.force_field = found["force_field"]
        self.ctx.forms = {name: node for name, node in found.items() if name == "forms"}
        return None

    def wants_round(self) -> bool:
        """Whether the liquid shall be asked once more what the force field does not know."""
        if not self._has_liquid():
            return False
        sampling, validation = self.inputs.sampling, self.ctx.validation
        error = validation["liquid"] if validation and validation["liquid"] is not None else inf
        pressure = self.ctx.pressure["error"] if self.ctx.pressure else inf
        known = error <= sampling["target_error"] and pressure <= sampling["target_pressure"]
        return self.ctx.round < sampling["rounds"] and not known

    def simulate_liquid(self) -> Any:
        """Simulate the liquid with what is known so far."""
        inputs = self.exposed_inputs(SimulationWorkChain, namespace="liquid")
        inputs |= {
            "force_field": self.ctx.force_field,
            "system": self.inputs.system,
            "references": self.ctx.references,
        }
        inputs["metadata"] = {
            "call_link_label": link_label("liquid", number(self.ctx.round)),
            "label": f"preliminary liquid, round {self.ctx.round}",
        }
        return ToContext(liquid=submit_once(self, SimulationWorkChain, **inputs))

    def sample_liquid(self) -> Any:
        """Take molecules and pairs of neighbours from the liquid, and compute them."""
        liquid = settle(self.ctx.liquid)
        if "frames" not in liquid.outputs:
            return self.exit_codes.ERROR_LIQUID.format(reason=reason(liquid))
        frames, pressure = liquid.outputs.frames, self.ctx.pressure
        self.ctx.frames[link_label("round", number(self.ctx.round))] = frames
        sampling = self.inputs.sampling
        drawn = pressure["wanted"] if pressure else sampling["liquid"]
        try:
            found = sample_liquid(
                self.inputs.system,
                self.ctx.force_field,
                frames,
                self.inputs.parameters.molecule,
                self._sized(2 * drawn + sampling["uncertain"]),
                self.inputs.fit,
                Int(self.ctx.round),
                **({"pressure": pressure} if pressure else {}),
            )
        except ValueError as error:
            return self.exit_codes.ERROR_LIQUID.format(reason=error)
        self.ctx.levels["thermal"] = found.pop("rigid")
        return self._submit_sampling(link_label("sampling", number(self.ctx.round)), found)

    def validate(self) -> None:
        """See how well the force field foresees what it was not fitted to."""
        self.ctx.validation = validate_force_field(
            self.inputs.system,
            self.ctx.force_field,
            self.inputs.fit,
            **self.ctx.new,
        )
        self.out(f"validation.{link_label('round', number(self.ctx.round))}", self.ctx.validation)
        self.ctx.round += 1

    def assess(self) -> None:
        """See how well the pressure is known that the pairs make."""
        if not self.ctx.frames:
            return
        try:
            self.ctx.pressure = assess_pressure(
                self.inputs.system,
                self.ctx.force_field,
                self.inputs.fit,
                self.inputs.sampling,
                references=self.ctx.references,
                properties=self.ctx.properties,
                frames=self.ctx.frames,
                points={label: n for label, n in self.ctx.points.items() if n.value.ok.any()},
            )
        except ValueError as error:
            self.ctx.pressure = None  # that of a round before is of another force field
            self.report(f"pressure of pairs: {error}")

    def fit_otherwise(self) -> Any:
        """Fit with other choices, as good as those that were made, side by side."""
        names = self.inputs.get("variations", [])
        modes = {link_label("other", name): {"variation": name} for name in names}
        self.ctx.variations = dict(zip(names, modes, strict=True))
        return self._submit_fits(modes) if modes else None

    def conclude(self) -> None:
        """Hand out the force field, what it stands on, and the liquid that it was asked about."""
        self.out("force_field", self.ctx.force_field)
        for name, node in self.ctx.forms.items():
            self.out(name, node)
        for name in ("electrostatics", "references", POLARIZABILITY):
            self.out(name, self.ctx[name])
        self.out("monomers", self.ctx.properties)
        references = {link_label("reference", k): n for k, n in self.ctx.references.items()}
        self.out("qm_count", count_qm(**references, **self.ctx.points, **self.ctx.apart))
        if self.ctx.frames:
            self.out("frames", self.ctx.frames[max(self.ctx.frames)])
        if self.ctx.pressure:
            self.out("pressure", self.ctx.pressure)
        for name, label in self.ctx.variations.items():
            job = settle(self.ctx[label])
            if job.is_finished_ok:
                self.out(f"variations.{name}", job.outputs.force_field)
            else:
                self.report(f"fit with other {name}: {reason(job)}")


def _longest(node: PointsData) -> float:
    """CPU-seconds of the longest of some dimers; 0 of single molecules."""
    points = node.value
    return float(points.cpu_seconds.max()) if len(points.cluster.molecules) == 2 else 0.0
