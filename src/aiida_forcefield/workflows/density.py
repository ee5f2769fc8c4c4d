"""WorkChain from a force field to the density of its liquid."""

from collections.abc import Mapping
from typing import Any

from aiida.engine import ExitCode, ProcessBuilder, ToContext, WorkChain, append_, while_
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, ArrayData, Data, Dict, ProcessNode, SinglefileData

from aiida_forcefield.calculations.liquid import (
    measure_density,
    prepare_liquid,
    prepare_production,
)
from aiida_forcefield.calculations.many_body import measure_many_body
from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.data import ForceFieldData, PointsData, SpeciesData
from aiida_forcefield.dynamics import DATA
from aiida_forcefield.workflows.job import MdWorkChain, PackingWorkChain
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.submission import settle, submit_once

FOUND_BY_CHAIN = (
    *("force_field", "species", "reference"),
    *("properties", "many_body", "polarizability"),
)
"""Inputs that the chains around a density find themselves."""


class DensityWorkChain(WorkChain):
    """Pack, equilibrate, and produce until the density is settled, and as precise as asked for.

    Independent seeds run side by side; each leg goes on from the last state of its seed.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        spec.input("qm_code", valid_type=AbstractCode, help="An interpreter with packmol.")
        spec.input("md_code", valid_type=AbstractCode, help="LAMMPS.")
        for role in ("qm", "md"):
            spec.input(
                f"options.{role}",
                valid_type=dict,
                default=lambda: {"resources": ONE_CORE},
                non_db=True,
                help=f"Of the jobs that run on {role}_code: account, walltime and the like.",
            )
        spec.input("force_field", valid_type=ForceFieldData)
        spec.input("species", valid_type=SpeciesData)
        spec.input("reference", valid_type=PointsData, help="The relaxed molecule.")
        spec.input(
            "many_body",
            valid_type=Dict,
            required=False,
            help="What pairs do not have, each with `energy` (eV), outward `pressure` (bar) and "
            "`volume` (Å3) per molecule at which they are so; without it none acts.",
        )
        spec.input(
            "properties",
            valid_type=ArrayData,
            required=False,
            help="Of the relaxed molecule, `c6` (n, n) in eV Å6.",
        )
        spec.input(
            "polarizability",
            valid_type=ArrayData,
            required=False,
            help="Of the relaxed molecule, (1, 3, 3) in Å3. With it and `properties`, `many_body` "
            "is measured anew in the liquid, once it is equilibrated.",
        )
        spec.input(
            "settings",
            valid_type=Dict,
            help="`temperature` (K), `pressure` (bar), `atoms`, `cutoff` (Å), `seeds`, "
            "`equilibration` and `production` (ps), `frames`, `target_error` (g/cm3), `max_legs`.",
        )
        spec.outline(
            cls.pack,
            cls.equilibrate,
            cls.inspect_legs,
            cls.prepare_legs,
            while_(cls.wants_leg)(cls.produce, cls.inspect_legs, cls.measure),
            cls.conclude,
        )
        spec.output("density", valid_type=Dict, help="Mean, standard error and their conditions.")
        spec.output("frames", valid_type=ArrayData, required=False)
        spec.output(
            "many_body", valid_type=Dict, required=False, help="What acted beside the pairs."
        )
        spec.exit_code(340, "ERROR_PACKING", message="The box could not be packed: {reason}")
        spec.exit_code(
            341,
            "ERROR_SIMULATION",
            message="The liquid could not be simulated with this force field: {reason}",
        )
        spec.exit_code(
            440,
            "ERROR_IMPRECISE",
            message="After {legs} legs the standard error is {error:.4f} g/cm3, more than the "
            "target; the density is kept. A larger `density.max_legs` helps.",
        )
        spec.exit_code(
            441,
            "ERROR_LATER_LEG",
            message="The density of {legs} legs is kept; the one after them failed: {reason}",
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
            codes: `qm`, an interpreter with packmol, and `md`, LAMMPS.
            protocol: name of the protocol.
            state: `temperature` (K) and `pressure` (bar).
            overrides: changes of the protocol.
            options: of jobs on each code, such as ``{"md": {"max_wallclock_seconds": 3600}}``.
            nodes: `force_field`, `species` and `reference`, now or set on the builder later.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        builder: ProcessBuilder = cls.get_builder()
        builder.qm_code = codes["qm"]
        builder.md_code = codes["md"]
        builder.settings = Dict({**get_protocol(protocol, overrides)["density"], **state})
        for role in ("qm", "md"):
            builder.options[role] = {"resources": ONE_CORE, **(options or {}).get(role, {})}
        builder._update(nodes)
        return builder

    def pack(self) -> Any:
        """Pack the starting box."""
        seed = self.inputs.settings["seeds"][0]
        keys = ("atoms", "cutoff")
        settings = Dict({**{key: self.inputs.settings[key] for key in keys}, "seed": seed})
        return ToContext(
            packing=submit_once(
                self,
                PackingWorkChain,
                job={
                    "code": self.inputs.qm_code,
                    "reference": self.inputs.reference,
                    "settings": settings,
                    "metadata": {"options": self.inputs.options.qm},
                },
                metadata={"call_link_label": "packing"},
            )
        )

    def equilibrate(self) -> ExitCode | None:
        """Condense and equilibrate, each seed with velocities of its own."""
        packing = settle(self.ctx.packing)
        if not packing.is_finished_ok:
            return self.exit_codes.ERROR_PACKING.format(reason=reason(packing))
        self.ctx.many_body = self.inputs.get("many_body")
        try:
            files = prepare_liquid(
                self.inputs.force_field,
                self.inputs.species,
                packing.outputs.box,
                self.inputs.settings,
                **self._many_body(),
            )
        except ValueError as error:
            return self.exit_codes.ERROR_SIMULATION.format(reason=error)
        self.ctx.files = {name: files[name] for name in ("force_field", "damping") if name in files}
        self.ctx.density = None
        self.ctx.thermo = {}
        self.ctx.leg = 0
        for seed in self.inputs.settings["seeds"]:
            label = f"equilibration_{seed}"
            process = self._submit_leg(files[label], files["system"], label)
            self.to_context(legs=append_(process))
        return None

    def inspect_legs(self) -> ExitCode | None:
        """Go on only with what is stable; what earlier legs told is kept."""
        for leg in map(settle, self.ctx.legs):
            if leg.is_finished_ok:
                continue
            if self.ctx.density is None:
                return self.exit_codes.ERROR_SIMULATION.format(reason=reason(leg))
            self.out("density", self.ctx.density)
            code: ExitCode = self.exit_codes.ERROR_LATER_LEG
            return code.format(legs=self.ctx.leg, reason=reason(leg))
        return None

    def prepare_legs(self) -> None:
        """Write the script of all legs, by what pairs do not have in this very liquid."""
        if "many_body" in self.inputs and "polarizability" in self.inputs:
            self._measure_many_body()
        self.out_many(self._many_body())
        self.ctx.script = prepare_production(
            self.inputs.species,
            self.ctx.packing.outputs.box,
            self.inputs.settings,
            **self._many_body(),
        )

    def _measure_many_body(self) -> None:
        names = ("force_field", "species", "reference", "properties", "polarizability")
        seeds = self.inputs.settings["seeds"]
        frames = {
            f"frames_{seed}": leg.outputs.frames
            for seed, leg in zip(seeds, self.ctx.legs, strict=True)
        }
        try:
            self.ctx.many_body = measure_many_body(**{k: self.inputs[k] for k in names}, **frames)
        except ValueError as error:
            self.report(f"what pairs do not have stays that of the preliminary liquid: {error}")

    def wants_leg(self) -> bool:
        """Whether another leg is needed and allowed: for precision, or where parts disagree."""
        settings, density = self.inputs.settings, self.ctx.density
        if density is None:
            return True
        precise = density["standard_error"] <= settings["target_error"]
        settled = density["halves_agree"] and density["seeds_agree"]
        return not (precise and settled) and self.ctx.leg < settings["max_legs"]

    def produce(self) -> None:
        """Continue each seed for one more leg."""
        before, self.ctx.legs = self.ctx.legs, []
        for seed, leg in zip(self.inputs.settings["seeds"], before, strict=True):
            label = f"seed_{seed}_leg_{self.ctx.leg:02d}"
            process = self._submit_leg(self.ctx.script, leg.outputs.final, label)
            self.to_context(legs=append_(process))

    def measure(self) -> ExitCode | None:
        """Measure the density over all legs so far."""
        for seed, leg in zip(self.inputs.settings["seeds"], self.ctx.legs, strict=True):
            self.ctx.thermo[f"seed_{seed}_leg_{self.ctx.leg:02d}"] = leg.outputs.thermo
        self.ctx.leg += 1
        try:
            self.ctx.density = measure_density(
                self.inputs.force_field,
                self.inputs.species,
                self.ctx.packing.outputs.box,
                self.inputs.settings,
                **self._many_body(),
                **self.ctx.thermo,
            )
        except ValueError as error:
            return self.exit_codes.ERROR_SIMULATION.format(reason=error)
        value, error = self.ctx.density["value"], self.ctx.density["standard_error"]
        self.report(f"density {value:.4f} ± {error:.4f} g/cm3 after {self.ctx.leg} legs")
        return None

    def conclude(self) -> ExitCode | None:
        """Hand out the density, and the last frames if there are any."""
        self.out("density", self.ctx.density)
        last = self.ctx.legs[0].outputs
        if "frames" in last:
            self.out("frames", last.frames)
        error = self.ctx.density["standard_error"]
        if error > self.inputs.settings["target_error"]:
            return self.exit_codes.ERROR_IMPRECISE.format(legs=self.ctx.leg, error=error)
        return None

    def _many_body(self) -> dict[str, Dict]:
        return {"many_body": self.ctx.many_body} if self.ctx.many_body else {}

    def _submit_leg(
        self, script: SinglefileData, system: SinglefileData, label: str
    ) -> ProcessNode:
        return submit_once(
            self,
            MdWorkChain,
            job={
                "code": self.inputs.md_code,
                "script": script,
                "files": {**self.ctx.files, "system": system},
                "filenames": Dict({"system": DATA}),
                "species": self.inputs.species,
                "settings": self.inputs.settings,
                "metadata": {"options": self.inputs.options.md},
            },
            metadata={"call_link_label": label},
        )
