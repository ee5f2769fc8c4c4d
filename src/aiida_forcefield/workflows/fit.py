"""WorkChain from a system to a fitted force field."""

from collections.abc import Mapping
from math import inf
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, if_, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Data, Dict, Int, Str

from aiida_forcefield.calculations.batches import size_batches
from aiida_forcefield.calculations.calibration import calibrate_counterpoise, plan_calibration
from aiida_forcefield.calculations.charges import derive_charges, join_charges
from aiida_forcefield.calculations.count import count_qm
from aiida_forcefield.calculations.dimers import choose_pair_scans, sample_dimers, sample_liquid
from aiida_forcefield.calculations.fit import COUNTERPOISE, validate_force_field
from aiida_forcefield.calculations.labels import number
from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.calculations.pressure import assess_pressure
from aiida_forcefield.calculations.scans import plan_molecule_scans, plan_pairs_of_types
from aiida_forcefield.calculations.species import propose_conformers, resting_molecule
from aiida_forcefield.data import PointsData, SpeciesData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.fitting.errors import LIQUID
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


class FitWorkChain(WorkChain):
    """Scan every coordinate, sample dimers, and fit all parameters to all points at once.

    Then, in rounds, the liquid is simulated with the force field so far, and what it has that the
    force field does not know is computed and fitted, too.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        define_ports(spec)
        spec.outline(
            cls.begin,
            if_(cls.has_points)(cls.take_points).else_(
                cls.compute_references,
                cls.inspect_references,
                cls.sample,
                cls.collect,
                cls.fit,
                cls.inspect_fit,
                while_(cls.wants_round)(
                    cls.simulate_liquid,
                    cls.sample_liquid,
                    cls.collect,
                    if_(cls.wants_calibration)(
                        cls.plan_calibration, cls.collect_calibration, cls.calibrate
                    ),
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
        state: Mapping[str, float],
        overrides: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        **nodes: Data,
    ) -> ProcessBuilder:
        """A builder with all inputs set that a protocol decides.

        Args:
            codes: `qm`, an interpreter with PySCF, `md`, LAMMPS, and `fit`, an interpreter with
                this package.
            protocol: name of the protocol.
            state: `temperature` (K) and `pressure` (bar) of the liquid that dimers are taken from.
            overrides: changes of the protocol.
            options: of jobs on each code, such as ``{"qm": {"max_wallclock_seconds": 3600}}``.
            nodes: `system`, now or set on the builder later.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        settings, options = get_protocol(protocol, overrides), options or {}
        builder: ProcessBuilder = cls.get_builder()
        builder.qm.code = codes["qm"]
        builder.qm.metadata.options = {"resources": ONE_CORE, **options.get("qm", {})}
        builder.fit_code = codes["fit"]
        builder.fit_options = {"resources": ONE_CORE, **options.get("fit", {})}
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
        # The liquid that dimers are taken from is simulated like the one of the properties.
        liquid = SimulationWorkChain.get_builder_from_protocol(
            codes, protocol, state, {"simulation": settings["liquid"]}, options
        )
        builder.liquid._merge(liquid)
        builder._update(nodes)
        return builder

    def begin(self) -> None:
        """Begin with nothing."""
        names = ("references", "properties", "charges", POLARIZABILITY)
        for name in (*names, "points", "profiles", "apart", "frames", "forms"):
            self.ctx[name] = {}
        self.ctx.round = 0
        self.ctx.validation = self.ctx.pressure = self.ctx.calibration = None

    @property
    def species(self) -> dict[str, SpeciesData]:
        """Those of the system, by name."""
        return dict(self.inputs.species)

    def has_points(self) -> bool:
        """Whether all points are there already."""
        return "points_of" in self.inputs

    def take_points(self) -> ExitCode | None:
        """Take what another force field of the system was fitted to."""
        try:
            earlier = earlier_of(self.inputs.points_of, self.inputs.system)
        except ValueError as error:
            return self.exit_codes.ERROR_POINTS_OF.format(reason=error)
        self.ctx |= vars(earlier)
        self.ctx.round = len(earlier.frames)
        return None

    def compute_references(self) -> None:
        """Relax the conformers of each species and compute the properties of the lowest."""
        for name, species in self.species.items():
            process = submit_once(
                self,
                QmWorkChain,
                qm={
                    **self.inputs.qm,
                    "parameters": self.inputs.parameters.reference,
                    "structures": propose_conformers(species),
                },
                metadata={"call_link_label": link_label("reference", name)},
            )
            self.to_context(**{link_label("reference", name): process})

    def inspect_references(self) -> ExitCode | None:
        """Derive the charges, once each species rests in a minimum."""
        for name, species in self.species.items():
            batch = settle(self.ctx.pop(link_label("reference", name)))
            if not batch.is_finished_ok:
                return self.exit_codes.ERROR_REFERENCE.format(name=name, reason=reason(batch))
            self.ctx.references[name] = batch.outputs.points
            self.ctx.properties[name] = batch.outputs.reference
            self.ctx.charges[name] = derive_charges(
                species, batch.outputs.points, batch.outputs.reference
            )
        return None

    def sample(self) -> Any:
        """Scan the coordinates of each species and of pairs of them, and sample dimers."""
        inputs, references = self.inputs, self.ctx.references
        molecules: dict[str, Any] = {}
        batches: dict[str, dict[str, Any]] = {}
        for name, species in self.species.items():
            planned = plan_molecule_scans(species, references[name], inputs.learning.molecule)
            molecules |= {link_label(name, label): work for label, work in planned.items()}
        # Not yet in batches that suit the walltime: nobody knows what a dimer costs.
        dimers = sample_dimers(inputs.system, inputs.sampling, **references)
        pairs = plan_pairs_of_types(inputs.system, inputs.learning.pairs, **references)
        chosen = choose_pair_scans(
            inputs.system,
            join_charges(**self.ctx.charges),
            inputs.fit,
            Int(inputs.sampling["pair_scans"]),
            references=references,
            properties=self.ctx.properties,
            dimers=dimers,
            begin={label: work["structures"] for label, work in pairs.items()},
        )
        batches["dimers"] = dimers
        if self._has_liquid() and POLARIZABILITY in inputs.parameters:
            batches[POLARIZABILITY] = {
                link_label(POLARIZABILITY, name): resting_molecule(species, references[name])
                for name, species in self.species.items()
            }
        told = {label: pairs[label] for label in chosen["information"]}
        return self._submit_sampling("first", batches, {"dimers": told, "molecule": molecules})

    def _submit_sampling(
        self, label: str, batches: Mapping[str, Any], scans: Mapping[str, Any] | None = None
    ) -> Any:
        parameters = {level: self.ctx.get(level) or self.inputs.parameters[level] for level in {*batches, *(scans or {})}}
        return ToContext(
            sampling=submit_once(
                self,
                SamplingWorkChain,
                qm=self.inputs.qm,
                parameters=parameters,
                batches=batches,
                scans=scans or {},
                species=self.species,
                references=self.ctx.references,
                learning=self.inputs.learning,
                max_concurrent=self.inputs.max_concurrent,
                metadata={"call_link_label": link_label("sampling", label)},
            )
        )
