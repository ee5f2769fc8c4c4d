"""WorkChain of a whole study: from a material to its force field and properties."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, if_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Bool, Dict, List, ProcessNode, Str

from aiida_forcefield.calculations.functions.properties import (
    combine_property,
    estimate_uncertainty,
)
from aiida_forcefield.calculations.functions.species import compose_system, perceive_species
from aiida_forcefield.calculations.labels import link_label
from aiida_forcefield.data import ForceFieldData, SpeciesData, SystemData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.fitting.variations import VARIATIONS
from aiida_forcefield.properties import Liquid, plan_simulations, read_properties
from aiida_forcefield.serial import dismantle
from aiida_forcefield.topology import read_material
from aiida_forcefield.topology.mixture import Mixture, compose
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.job import ManyBodyWorkChain
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.retention import clean_work_directories
from aiida_forcefield.workflows.simulation import FOUND_BY_CHAIN, SimulationWorkChain
from aiida_forcefield.workflows.submission import settle, submit_once

OF_ONE = ("simulation", "tasks", "settings")
"""Inputs in which simulations of one study differ."""


class MaterialWorkChain(WorkChain):
    """Perceive the species, fit the force field, simulate, measure the properties."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("title", valid_type=Str, help="What the user calls it.")
        spec.input_namespace(
            "species",
            dynamic=True,
            valid_type=Dict,
            help="By name, `smiles`, or `xyz` with `charge` and `multiplicity`.",
        )
        spec.input("mixture", valid_type=Dict, help="How much there is of each: a `Mixture`.")
        spec.input("protocol", valid_type=Str, help="Name of the protocol that set the inputs.")
        spec.input(
            "reference",
            valid_type=Dict,
            required=False,
            help="Experimental values, shown beside the results and used for nothing.",
        )
        spec.expose_inputs(FitWorkChain, namespace="fit", exclude=["system", "species"])
        spec.expose_inputs(
            SimulationWorkChain,
            namespace="simulation",
            exclude=(*FOUND_BY_CHAIN, *OF_ONE),
            namespace_options={"required": False, "populate_defaults": False},
        )
        for name, what in (
            ("simulations", "By label, `simulation`, `settings` and `tasks` of each."),
            ("spread", "The same of those with other choices in the fit; without it, none."),
        ):
            spec.input_namespace(name, dynamic=True, required=False, valid_type=Dict, help=what)
        spec.input(
            "clean_workdir",
            valid_type=Bool,
            default=lambda: Bool(True),
            help="Remove work directories at the end, if all went well; of failed jobs they stay.",
        )
        spec.outline(
            cls.perceive,
            cls.fit,
            cls.inspect_fit,
            if_(cls.has_simulations)(
                cls.measure_many_body,
                cls.inspect_many_body,
                cls.simulate,
                cls.inspect_simulations,
                if_(cls.has_variations)(cls.simulate_otherwise),
                cls.conclude,
            ),
            cls.clean,
        )
        spec.output("system", valid_type=SystemData)
        spec.output_namespace("species", valid_type=SpeciesData, dynamic=True, help="By name.")
        spec.expose_outputs(FitWorkChain)
        spec.output(
            "many_body",
            valid_type=Dict,
            required=False,
            help="Three-body dispersion in the liquid, see `ManyBodyCalculation`.",
        )
        spec.output_namespace(
            "properties", valid_type=Dict, dynamic=True, help="What was predicted, by label."
        )
        spec.exit_code(230, "ERROR_MATERIAL", message="Unsupported material: {reason}")
        spec.exit_code(330, "ERROR_FIT", message="The force field could not be fitted: {reason}")
        spec.exit_code(
            331, "ERROR_SIMULATION", message="A property could not be computed: {reason}"
        )
        spec.exit_code(430, "ERROR_IMPRECISE", message="{reason}")

    @classmethod
    def get_builder_from_protocol(
        cls,
        title: str,
        species: Mapping[str, Mapping[str, Any]],
        mixture: Mixture,
        codes: Mapping[str, AbstractCode],
        protocol: str,
        properties: Sequence[Mapping[str, Any]] = (),
        overrides: Mapping[str, Any] | None = None,
        reference: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        points_of: ForceFieldData | None = None,
    ) -> ProcessBuilder:
        """A builder with all inputs set.

        Args:
            title: what the user calls it.
            species: by name, `smiles`, or `xyz` with `charge` and `multiplicity`.
            mixture: how much there is of each.
            codes: `qm`, an interpreter with PySCF, `md`, LAMMPS, and `fit`, an interpreter with
                this package.
            protocol: name of the protocol.
            properties: what to predict: ``[{"density": {"temperature": K, "pressure": bar}}]``.
            overrides: changes of the protocol.
            reference: experimental values to show beside the results.
            options: of jobs on each code, such as ``{"qm": {"max_wallclock_seconds": 3600}}``.
            points_of: a force field of the system whose points are to be fitted, without other QM.

        Raises:
            ValueError: unknown protocol, an override that is not allowed, a material that cannot
                be treated, or properties that cannot be predicted.
        """
        system = compose(mixture, {name: read_material(each) for name, each in species.items()})
        planned = plan_simulations(read_properties(properties), system)
        settings = get_protocol(protocol, overrides)
        builder: Any = cls.get_builder()
        builder.title, builder.protocol = Str(title), Str(protocol)
        builder.species = {name: Dict(dict(each)) for name, each in species.items()}
        builder.mixture = Dict(dismantle(mixture)[0])
        if reference:
            builder.reference = Dict(dict(reference))
        # The liquid that dimers are taken from is the first that is asked for.
        liquid = next((each for each in planned if isinstance(each, Liquid)), None)
        builder.fit._merge(
            FitWorkChain.get_builder_from_protocol(codes, protocol, liquid, overrides, options)
        )
        if points_of:
            builder.fit.points_of = points_of
        if "spread" in settings and planned:
            builder.fit.variations = List([*VARIATIONS])
        for index, (simulation, tasks) in enumerate(planned.items()):
            inputs = SimulationWorkChain.get_builder_from_protocol(
                codes, protocol, simulation, tasks, overrides, options
            )._inputs(prune=True)
            own = {name: inputs.pop(name) for name in OF_ONE}
            label = link_label(simulation.phase, index)
            builder.simulations[label] = own
            builder.simulation._update(inputs)
            if "spread" in settings:
                shorter = {**own["settings"].get_dict(), **settings["spread"], "max_legs": 1}
                builder.spread[label] = {**own, "settings": Dict(shorter)}
        return builder

    def perceive(self) -> ExitCode | None:
        """Perceive atom types and interaction terms of all species."""
        try:
            self.ctx.species = {
                name: perceive_species(source) for name, source in self.inputs.species.items()
            }
            self.ctx.system = compose_system(self.inputs.mixture, **self.ctx.species)
        except ValueError as error:
            return self.exit_codes.ERROR_MATERIAL.format(reason=str(error))
        self.out("species", self.ctx.species)
        self.out("system", self.ctx.system)
        return None

    def fit(self) -> Any:
        """Fit the force field."""
        inputs = self.exposed_inputs(FitWorkChain, namespace="fit")
        inputs |= {"system": self.ctx.system, "species": self.ctx.species}
        inputs["metadata"] = {"call_link_label": "fit"}
        return ToContext(fit=submit_once(self, FitWorkChain, **inputs))

    def inspect_fit(self) -> ExitCode | None:
        """Go on only with a force field."""
        if not settle(self.ctx.fit).is_finished_ok:
            return self.exit_codes.ERROR_FIT.format(reason=reason(self.ctx.fit))
        self.out_many(self.exposed_outputs(self.ctx.fit, FitWorkChain))
        self.ctx.found = outputs_of(self.ctx.fit)
        return None

    def has_simulations(self) -> bool:
        """Whether any property is asked for."""
        return bool(self.inputs.get("simulations"))

    def has_variations(self) -> bool:
        """Whether there are force fields that made other choices."""
        return bool(self.inputs.get("spread")) and bool(self.ctx.found.get("variations"))

    def measure_many_body(self) -> Any:
        """Measure three-body dispersion in the preliminary liquid, where there was one."""
        found, inputs = self.ctx.found, self.inputs.fit
        if "frames" not in found:
            return None
        return ToContext(
            many_body=submit_once(
                self,
                ManyBodyWorkChain,
                job={
                    "code": inputs.fit_code,
                    "system": self.ctx.system,
                    "properties": found["monomers"],
                    "frames": found["frames"],
                    "metadata": {"options": inputs.fit_options},
                },
                metadata={"call_link_label": "many_body"},
            )
        )

    def inspect_many_body(self) -> None:
        """Without it the liquids are those of pairs."""
        self.ctx.beyond = {}
        if "many_body" not in self.ctx:
            return
        job = settle(self.ctx.many_body)
        if job.is_finished_ok:
            self.ctx.beyond = {"many_body": job.outputs.many_body}
            self.out_many(self.ctx.beyond)
        else:
            self.report(f"three-body dispersion is missing: {reason(job)}")

    def simulate(self) -> Any:
        """Simulate with the force field, all states side by side."""
        field = self.ctx.found["force_field"]
        return ToContext(
            **{
                label: self._submit_simulation(label, field, own)
                for label, own in self.inputs.simulations.items()
            }
        )

    def _submit_simulation(
        self, label: str, field: ForceFieldData, own: Mapping[str, Any]
    ) -> ProcessNode:
        inputs = self.exposed_inputs(SimulationWorkChain, namespace="simulation")
        inputs |= {
            "system": self.ctx.system,
            "references": self.ctx.found["references"],
            "force_field": field,
            "metadata": {"call_link_label": label},
            **self.ctx.beyond,
        }
        return submit_once(self, SimulationWorkChain, **{**inputs, **own})

    def inspect_simulations(self) -> ExitCode | None:
        """Go on only with all properties."""
        self.ctx.rough = []
        for label in sorted(self.inputs.simulations):
            process = settle(self.ctx[label])
            outputs = outputs_of(process)
            if not outputs.get("properties"):
                return self.exit_codes.ERROR_SIMULATION.format(reason=reason(process))
            if not process.is_finished_ok:
                self.ctx.rough.append(reason(process))
        return None

    def simulate_otherwise(self) -> Any:
        """Simulate with the force fields that made other choices, side by side."""
        return ToContext(
            **{
                other: self._submit_simulation(other, field, own)
                for name, field in self.ctx.found["variations"].items()
                for label, own in self.inputs.spread.items()
                for other in [link_label(label, name)]
            }
        )

    def conclude(self) -> ExitCode | None:
        """Hand out each property, with what choices and the pressure of pairs leave open."""
        pressure = {k: n for k, n in self.ctx.found.items() if k == "pressure"}
        names = list(self.ctx.found["variations"]) if self.has_variations() else []
        others = {name: self._measured(name) for name in names}
        for label, result in self._measured().items():
            varied = {name: found[label] for name, found in others.items() if label in found}
            if varied or pressure:
                result = estimate_uncertainty(result, **pressure, **varied)
            self.out(f"properties.{label}", result)
        if self.ctx.rough:
            return self.exit_codes.ERROR_IMPRECISE.format(reason="; ".join(self.ctx.rough))
        return None

    def _measured(self, other: str = "") -> dict[str, Dict]:
        """Each property by its label, of what all simulations of a force field told of it."""
        parts: dict[str, dict[str, Dict]] = {}
        tasks: dict[str, Dict] = {}
        for label, own in self.inputs.simulations.items():
            process = settle(self.ctx[link_label(label, other)])
            found = outputs_of(process).get("properties", {})
            if not found:
                self.report(f"{link_label(label, other)}: {reason(process)}")
            for name, task in own["tasks"].items():
                tasks[name] = task
                parts.setdefault(name, {})
                if name in found:
                    parts[name][task["part"]] = found[name]
        return {
            name: combine_property(task, **parts[name])
            for name, task in tasks.items()
            if len(parts[name]) == self._parts_of(name)
        }

    def _parts_of(self, name: str) -> int:
        """How many simulations a property is measured from."""
        return sum(name in own["tasks"] for own in self.inputs.simulations.values())

    def clean(self) -> None:
        """Remove the work directories of a study that ended well."""
        if self.inputs.clean_workdir.value:
            self.report(clean_work_directories(self.node))
