"""WorkChain of a whole study: from a material to its force field and properties."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, if_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Bool, Data, Dict, List, ProcessNode, Str

from aiida_forcefield.calculations.fit import CHOICES
from aiida_forcefield.calculations.many_body import measure_many_body
from aiida_forcefield.calculations.species import perceive_species
from aiida_forcefield.calculations.uncertainty import estimate_uncertainty
from aiida_forcefield.data import ForceFieldData, SpeciesData
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.topology import read_material
from aiida_forcefield.workflows.density import FOUND_BY_CHAIN, DensityWorkChain
from aiida_forcefield.workflows.fit import FitWorkChain
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.retention import clean_work_directories
from aiida_forcefield.workflows.submission import settle, submit_once


class MaterialWorkChain(WorkChain):
    """Perceive the species, fit the force field, predict the density."""

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("material", valid_type=Dict, help="Name and structure of the material.")
        spec.input("protocol", valid_type=Str, help="Name of the protocol that set the inputs.")
        spec.input(
            "reference",
            valid_type=Dict,
            required=False,
            help="Experimental values, shown beside the results and used for nothing.",
        )
        spec.expose_inputs(FitWorkChain, namespace="fit", exclude=["species"])
        spec.expose_inputs(
            DensityWorkChain,
            namespace="density",
            exclude=FOUND_BY_CHAIN,
        )
        spec.input(
            "spread",
            valid_type=Dict,
            required=False,
            help="Settings of the densities with other choices in the fit; without it there are "
            "none.",
        )
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
            cls.predict,
            cls.inspect_density,
            if_(cls.has_variations)(cls.predict_otherwise),
            if_(cls.is_uncertain)(cls.estimate_uncertainty),
            cls.conclude,
            cls.clean,
        )
        spec.output("species", valid_type=SpeciesData)
        spec.expose_outputs(FitWorkChain)
        spec.output(
            "many_body",
            valid_type=Dict,
            required=False,
            help="What the liquid has that pairs do not: see "
            "`aiida_forcefield.calculations.many_body`.",
        )
        spec.output("density", valid_type=Dict)
        spec.exit_code(
            230,
            "ERROR_MATERIAL",
            message="The material is none that can be treated: {reason}",
        )
        spec.exit_code(330, "ERROR_FIT", message="The force field could not be fitted: {reason}")
        spec.exit_code(331, "ERROR_DENSITY", message="The density could not be computed: {reason}")
        spec.exit_code(430, "ERROR_IMPRECISE", message="{reason}")

    @classmethod
    def get_builder_from_protocol(
        cls,
        material: Mapping[str, Any],
        codes: Mapping[str, AbstractCode],
        protocol: str,
        properties: Sequence[Mapping[str, Any]],
        overrides: Mapping[str, Any] | None = None,
        reference: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        known: ForceFieldData | None = None,
    ) -> ProcessBuilder:
        """A builder with all inputs set.

        Args:
            material: `name`, and `smiles` or `xyz` with `charge` and `multiplicity`.
            codes: `qm`, an interpreter with PySCF, and `md`, LAMMPS.
            protocol: name of the protocol.
            properties: what to predict: ``[{"density": {"temperature": K, "pressure": bar}}]``.
            overrides: changes of the protocol.
            reference: experimental values to show beside the results.
            options: of jobs on each code, such as ``{"qm": {"max_wallclock_seconds": 3600}}``.
            known: a force field of the material whose points are to be fitted, without other QM.

        Raises:
            ValueError: unknown protocol, an override that is not allowed, a material that cannot
                be treated, or properties that cannot be predicted.
        """
        if [list(entry) for entry in properties] != [["density"]]:
            raise ValueError(f"properties must be one density, got {list(properties)}")
        state = dict(properties[0]["density"])
        read_material(material)

        builder: ProcessBuilder = cls.get_builder()
        builder.material = Dict(dict(material))
        builder.protocol = Str(protocol)
        if reference:
            builder.reference = Dict(dict(reference))
        for part, process in (("fit", FitWorkChain), ("density", DensityWorkChain)):
            inputs = process.get_builder_from_protocol(codes, protocol, state, overrides, options)
            builder[part]._merge(inputs)
        if known:
            builder.fit.known = known
        settings = get_protocol(protocol, overrides)
        if "spread" in settings:
            builder.fit.variations = List(list(CHOICES))
            builder.spread = Dict(
                {**settings["density"], **settings["spread"], **state, "max_legs": 1}
            )
        return builder

    def perceive(self) -> ExitCode | None:
        """Perceive atom types and interaction terms."""
        try:
            self.ctx.species = perceive_species(self.inputs.material)
        except ValueError as error:
            return self.exit_codes.ERROR_MATERIAL.format(reason=str(error))
        self.out("species", self.ctx.species)
        return None

    def fit(self) -> Any:
        """Fit the force field."""
        inputs = self.exposed_inputs(FitWorkChain, namespace="fit")
        inputs["species"] = self.ctx.species
        inputs["metadata"] = {"call_link_label": "fit"}
        return ToContext(fit=submit_once(self, FitWorkChain, **inputs))

    def inspect_fit(self) -> ExitCode | None:
        """Go on only with a force field."""
        if not settle(self.ctx.fit).is_finished_ok:
            return self.exit_codes.ERROR_FIT.format(reason=reason(self.ctx.fit))
        self.out_many(self.exposed_outputs(self.ctx.fit, FitWorkChain))
        return None

    def predict(self) -> Any:
        """Simulate the liquid."""
        force_field = self.ctx.fit.outputs.force_field
        inputs = self._beyond_pairs(force_field)
        return ToContext(density=self._submit_density("density", force_field, **inputs))

    def inspect_density(self) -> ExitCode | None:
        """Go on only with a density."""
        density = settle(self.ctx.density)
        outputs = outputs_of(density)
        self.ctx.many_body = {k: v for k, v in outputs.items() if k == "many_body"}
        self.out_many(self.ctx.many_body)
        if "density" not in outputs:
            return self.exit_codes.ERROR_DENSITY.format(reason=reason(density))
        self.ctx.result = outputs["density"]
        return None

    def has_variations(self) -> bool:
        """Whether there are force fields that made other choices."""
        return "spread" in self.inputs and "variations" in self.ctx.fit.outputs

    def is_uncertain(self) -> bool:
        """Whether anything is known of the uncertainty beyond statistics."""
        return self.has_variations() or "pressure" in self.ctx.fit.outputs

    def predict_otherwise(self) -> None:
        """Simulate the liquid with the force fields that made other choices, side by side."""
        outputs = self.ctx.fit.outputs
        for name, field in outputs.variations.items():
            # Other dimers change C6, and weights the density, by less than matters here.
            same = field.value.charges == outputs.force_field.value.charges
            inputs = self.ctx.many_body if same else self._beyond_pairs(field)
            density = self._submit_density(
                f"density_{name}", field, settings=self.inputs.spread, **inputs
            )
            self.to_context(**{f"other_{name}": density})

    def estimate_uncertainty(self) -> None:
        """See what choices and the pressure of pairs leave open; a liquid that failed is told."""
        outputs, found = outputs_of(self.ctx.fit), {}
        for name in outputs["variations"] if self.has_variations() else ():
            other = settle(self.ctx[f"other_{name}"])
            if "density" in other.outputs:
                found[name] = other.outputs.density
            else:
                self.report(f"density with other {name}: {reason(other)}")
        if "pressure" in outputs:
            found["pressure"] = outputs["pressure"]
        self.ctx.result = estimate_uncertainty(self.ctx.result, **found)

    def conclude(self) -> ExitCode | None:
        """Hand out the density."""
        self.out("density", self.ctx.result)
        density = self.ctx.density
        if not density.is_finished_ok:
            return self.exit_codes.ERROR_IMPRECISE.format(reason=reason(density))
        return None

    def clean(self) -> None:
        """Remove the work directories of a study that ended well."""
        if self.inputs.clean_workdir.value:
            self.report(clean_work_directories(self.node))

    def _beyond_pairs(self, force_field: ForceFieldData) -> dict[str, Data]:
        """What the preliminary liquid has and pairs do not; and by what a liquid tells its own."""
        outputs = outputs_of(self.ctx.fit)
        if "frames" not in outputs:
            return {}
        names = ("reference", "properties", "frames")
        inputs = {name: outputs[name] for name in names} | {"species": self.ctx.species}
        polarizability = {k: v for k, v in outputs.items() if k == "polarizability"}
        try:
            many_body = measure_many_body(force_field, **inputs, **polarizability)
        except ValueError as error:
            self.report(f"induction beyond pairs: {error}")
            return {"many_body": measure_many_body(force_field, **inputs)}
        return {"many_body": many_body, "properties": outputs["properties"], **polarizability}

    def _submit_density(
        self, label: str, force_field: ForceFieldData, **found: Data
    ) -> ProcessNode:
        inputs = self.exposed_inputs(DensityWorkChain, namespace="density")
        inputs |= {
            "species": self.ctx.species,
            "reference": self.ctx.fit.outputs.reference,
            "force_field": force_field,
            "metadata": {"call_link_label": label},
        }
        return submit_once(self, DensityWorkChain, **inputs | found)
