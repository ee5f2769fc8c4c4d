"""WorkChain from a force field to a trajectory and the properties that are read from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiida.engine import (
    ExitCode,
    ProcessBuilder,
    ToContext,
    WorkChain,
    append_,
    if_,
    while_,
)
from aiida.engine.processes.workchains.workchain import WorkChainSpec
from aiida.orm import AbstractCode, Data, Dict, Int, ProcessNode, SinglefileData

from aiida_forcefield.calculations.functions.properties import measure_property
from aiida_forcefield.calculations.functions.simulation import (
    place_molecule,
    prepare_gas_leg,
    prepare_production,
    prepare_simulation,
)
from aiida_forcefield.calculations.options import ONE_CORE
from aiida_forcefield.data import (
    BoxData,
    ForceFieldData,
    FramesData,
    PointsData,
    SystemData,
    ThermoData,
)
from aiida_forcefield.data.outputs import outputs_of
from aiida_forcefield.dynamics import engine_of
from aiida_forcefield.properties import (
    Gas,
    Simulation,
    Task,
    property_of,
    read_simulation,
    read_target,
    write_simulation,
    write_task,
)
from aiida_forcefield.workflows.job import MdWorkChain, OpenmmWorkChain, PackingWorkChain
from aiida_forcefield.workflows.outcome import reason
from aiida_forcefield.workflows.protocols import get_protocol
from aiida_forcefield.workflows.submission import settle, submit_once

FOUND_BY_CHAIN = ("force_field", "system", "references", "many_body")
"""Inputs that the chains around a simulation find themselves."""
ROLES = ("qm", "md")
LEGS = {"LAMMPS": MdWorkChain, "OpenMM": OpenmmWorkChain}
"""What runs a leg, by the program of the engine."""


class SimulationWorkChain(WorkChain):
    """Pack, equilibrate, and produce until all properties are settled and as precise as asked for.

    Independent seeds run side by side; each leg goes on from the last state of its seed. A gas is
    one molecule, without barostat and long-range forces; all else is the same.
    """

    @classmethod
    def define(cls, spec: WorkChainSpec) -> None:  # type: ignore[override]
        """Define inputs, outline, outputs and exit codes."""
        super().define(spec)
        programs = (
            "An interpreter with packmol.",
            "The program of molecular dynamics, LAMMPS or an interpreter with OpenMM.",
        )
        for role, program in zip(ROLES, programs, strict=True):
            spec.input(f"{role}_code", valid_type=AbstractCode, help=program)
            spec.input(
                f"options.{role}",
                valid_type=dict,
                default=lambda: {"resources": ONE_CORE},
                non_db=True,
                help=f"Of the jobs that run on {role}_code: account, walltime and the like.",
            )
        spec.input("force_field", valid_type=ForceFieldData)
        spec.input("system", valid_type=SystemData)
        spec.input_namespace(
            "references", dynamic=True, valid_type=PointsData, help="Each species at rest, by name."
        )
        spec.input(
            "many_body",
            valid_type=Dict,
            required=False,
            help="Three-body dispersion, see `ManyBodyCalculation`; without it none acts.",
        )
        spec.input(
            "simulation",
            valid_type=Dict,
            validator=_check_simulation,
            help="`phase`, liquid or gas; `temperature` (K); of a liquid `pressure` (bar), of a "
            "gas its `species`.",
        )
        spec.input_namespace(
            "tasks",
            dynamic=True,
            required=False,
            valid_type=Dict,
            help="By label, `name` and `request` of a property, the `part` of it that is measured "
            "here, and the `target` of its error.",
        )
        spec.input(
            "settings",
            valid_type=Dict,
            help="`engine`, `atoms`, `cutoff` (Å), `seeds`, `equilibration` and `production` (ps), "
            "`frames` of a leg, `max_legs`.",
        )
        spec.outline(
            if_(cls.is_gas)(cls.place).else_(cls.pack, cls.inspect_packing),
            cls.equilibrate,
            cls.inspect_legs,
            cls.prepare_legs,
            while_(cls.wants_leg)(cls.produce, cls.inspect_legs, cls.measure),
            cls.conclude,
        )
        spec.output("box", valid_type=BoxData, required=False, help="With which it began.")
        spec.output_namespace(
            "thermo", valid_type=ThermoData, dynamic=True, help="By seed and leg."
        )
        spec.output(
            "frames", valid_type=FramesData, required=False, help="Of the last leg of one seed."
        )
        spec.output_namespace(
            "properties",
            valid_type=Dict,
            dynamic=True,
            help="What each task measured, by its label.",
        )
        spec.exit_code(340, "ERROR_PACKING", message="The box could not be packed: {reason}")
        spec.exit_code(
            341,
            "ERROR_SIMULATION",
            message="The simulation failed: {reason}",
        )
        spec.exit_code(
            440,
            "ERROR_IMPRECISE",
            message="After {legs} legs statistical errors are larger than their targets: "
            "{properties}; the values are kept. A larger `simulation.max_legs` helps.",
        )
        spec.exit_code(
            441,
            "ERROR_LATER_LEG",
            message="What {legs} legs told is kept; the one after them failed: {reason}",
        )

    @classmethod
    def get_builder_from_protocol(
        cls,
        codes: Mapping[str, AbstractCode],
        protocol: str,
        simulation: Simulation,
        tasks: Sequence[Task] = (),
        overrides: Mapping[str, Any] | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        **nodes: Data,
    ) -> ProcessBuilder:
        """A builder with all inputs set that a protocol decides.

        Args:
            codes: `qm`, an interpreter with packmol, `md`, LAMMPS, or `openmm`, an interpreter with
                OpenMM, by the engine.
            protocol: name of the protocol.
            simulation: a liquid or a gas, as `properties.plan_simulations` says.
            tasks: what it is to tell, likewise; without any, one leg is run.
            overrides: changes of the protocol.
            options: of jobs on each code, such as ``{"md": {"max_wallclock_seconds": 3600}}``.
            nodes: `force_field`, `system` and the like, now or set on the builder later.

        Raises:
            ValueError: unknown protocol, or an override that is not allowed.
        """
        protocolled, options = get_protocol(protocol, overrides), options or {}
        settings = protocolled["simulation"]
        gas = settings.pop("gas")
        settings |= {**gas, "frames": 0} if isinstance(simulation, Gas) else {}
        plugins = [property_of(task.requested.name) for task in tasks]
        settings["frames"] = max([settings["frames"], *(plugin.frames for plugin in plugins)])
        builder: Any = cls.get_builder()
        for port, role in zip(ROLES, ("qm", engine_of(settings).role), strict=True):
            builder[f"{port}_code"] = codes[role]
            builder.options[port] = {"resources": ONE_CORE, **options.get(role, {})}
        builder.settings = Dict(settings)
        builder.simulation = Dict(write_simulation(simulation))
        for task in tasks:
            name = task.requested.name
            target = read_target(name, protocolled["properties"].get(name))
            builder.tasks[task.requested.label] = Dict(write_task(task, target))
        builder._update(nodes)
        return builder

    def is_gas(self) -> bool:
        """Whether it is of one molecule alone."""
        return isinstance(read_simulation(self.inputs.simulation.get_dict()), Gas)

    def place(self) -> None:
        """Place one molecule."""
        inputs = self.inputs
        reference = inputs.references[inputs.simulation["species"]]
        self.ctx.box = place_molecule(inputs.system, inputs.simulation, reference)

    def pack(self) -> Any:
        """Pack the starting box."""
        settings = self.inputs.settings
        content = {"seed": settings["seeds"][0]} | {k: settings[k] for k in ("atoms", "cutoff")}
        return ToContext(
            packing=submit_once(
                self,
                PackingWorkChain,
                job={
                    "code": self.inputs.qm_code,
                    "system": self.inputs.system,
                    "references": dict(self.inputs.references),
                    "settings": Dict(content),
                    "metadata": {"options": self.inputs.options.qm},
                },
                metadata={"call_link_label": "packing", "label": self._label("packing")},
            )
        )

    def inspect_packing(self) -> ExitCode | None:
        """Go on only with a box."""
        packing = settle(self.ctx.packing)
        if not packing.is_finished_ok:
            return self.exit_codes.ERROR_PACKING.format(reason=reason(packing))
        self.ctx.box = packing.outputs.box
        return None

    def equilibrate(self) -> ExitCode | None:
        """Condense and equilibrate, each seed with velocities of its own."""
        inputs = self.inputs
        self.out("box", self.ctx.box)
        try:
            files = prepare_simulation(
                inputs.force_field,
                inputs.system,
                self.ctx.box,
                inputs.simulation,
                inputs.settings,
                **self._many_body(),
            )
        except ValueError as error:
            return self.exit_codes.ERROR_SIMULATION.format(reason=error)
        others = ("system", *(f"equilibration_{seed}" for seed in inputs.settings["seeds"]))
        self.ctx.files = {name: node for name, node in files.items() if name not in others}
        self.ctx.results, self.ctx.thermo, self.ctx.frames, self.ctx.leg = {}, {}, {}, 0
        for seed in inputs.settings["seeds"]:
            label = f"equilibration_{seed}"
            process = self._submit_leg(files[label], files["system"], label)
            self.to_context(legs=append_(process))
        return None

    def inspect_legs(self) -> ExitCode | None:
        """Go on only with what is stable; what earlier legs told is kept."""
        for leg in map(settle, self.ctx.legs):
            if leg.is_finished_ok:
                continue
            if not self.ctx.leg:
                return self.exit_codes.ERROR_SIMULATION.format(reason=reason(leg))
            self._hand_out()
            code: ExitCode = self.exit_codes.ERROR_LATER_LEG
            return code.format(legs=self.ctx.leg, reason=reason(leg))
        return None

    def prepare_legs(self) -> None:
        """Write the script of all legs of a liquid; those of a gas differ."""
        if not self.is_gas():
            self.ctx.script = prepare_production(
                self.inputs.force_field,
                self.inputs.system,
                self.ctx.box,
                self.inputs.simulation,
                self.inputs.settings,
                **self._many_body(),
            )

    def wants_leg(self) -> bool:
        """Whether another leg is needed and allowed: for precision, or where parts disagree."""
        if not self.ctx.leg:
            return True
        done = all(
            found["standard_error"] <= found["target_error"]
            and found["halves_agree"]
            and found["seeds_agree"]
            for found in self.ctx.results.values()
        )
        return not done and self.ctx.leg < self.inputs.settings["max_legs"]

    def produce(self) -> None:
        """Continue each seed for one more leg."""
        seeds, leg = self.inputs.settings["seeds"], self.ctx.leg
        if self.is_gas():
            of_leg = prepare_gas_leg(
                self.inputs.force_field,
                self.inputs.system,
                self.inputs.simulation,
                self.inputs.settings,
                Int(leg),
            )
            scripts = [of_leg[f"production_{seed}"] for seed in seeds]
        else:
            scripts = [self.ctx.script] * len(seeds)
        before, self.ctx.legs = self.ctx.legs, []
        for seed, script, last in zip(seeds, scripts, before, strict=True):
            label = f"seed_{seed}_leg_{leg:02d}"
            process = self._submit_leg(script, last.outputs.final, label)
            self.to_context(legs=append_(process))

    def measure(self) -> ExitCode | None:
        """Measure all properties over all legs so far."""
        for seed, leg in zip(self.inputs.settings["seeds"], self.ctx.legs, strict=True):
            outputs = outputs_of(leg)
            for name in ("thermo", "frames"):
                if name in outputs:
                    of_seed = self.ctx[name].setdefault(f"seed_{seed}", {})
                    of_seed[f"leg_{self.ctx.leg:02d}"] = outputs[name]
        self.ctx.leg += 1
        for label, task in self._tasks().items():
            legs = {"thermo": self.ctx.thermo}
            if property_of(task["name"]).frames:
                legs["frames"] = self.ctx.frames
            try:
                found = measure_property(
                    self.inputs.force_field,
                    self.inputs.system,
                    self.ctx.box,
                    self.inputs.simulation,
                    self.inputs.settings,
                    task,
                    **self._many_body(),
                    **legs,
                )
            except ValueError as error:
                return self.exit_codes.ERROR_SIMULATION.format(reason=error)
            self.ctx.results[label] = found
            self.report(f"{_sentence(label, found)} after {self.ctx.leg} legs")
        return None

    def conclude(self) -> ExitCode | None:
        """Hand out the properties, and the last frames if there are any."""
        self._hand_out()
        last = outputs_of(self.ctx.legs[0])
        if "frames" in last:
            self.out("frames", last["frames"])
        rough = [
            f"{_sentence(label, found)}, target {found['target_error']:.3g}"
            for label, found in self.ctx.results.items()
            if found["standard_error"] > found["target_error"]
        ]
        if rough:
            return self.exit_codes.ERROR_IMPRECISE.format(
                legs=self.ctx.leg, properties="; ".join(rough)
            )
        return None

    def _hand_out(self) -> None:
        """What the legs so far told."""
        self.out("thermo", self.ctx.thermo)
        self.out("properties", self.ctx.results)

    def _tasks(self) -> dict[str, Dict]:
        return dict(self.inputs.get("tasks", {}))

    def _many_body(self) -> dict[str, Dict]:
        """What acts in a liquid beside pairs."""
        if self.is_gas() or "many_body" not in self.inputs:
            return {}
        return {"many_body": self.inputs.many_body}

    def _submit_leg(
        self, script: SinglefileData, system: SinglefileData, label: str
    ) -> ProcessNode:
        engine = engine_of(self.inputs.settings.get_dict())
        return submit_once(
            self,
            LEGS[engine.program],
            job={
                "code": self.inputs.md_code,
                "script": script,
                "files": {**self.ctx.files, "system": system},
                "filenames": Dict({"system": engine.state}),
                "box": self.ctx.box,
                "simulation": self.inputs.simulation,
                "metadata": {"options": self.inputs.options.md},
            },
            metadata={"call_link_label": label, "label": self._label(label.replace("_", " "))},
        )

    def _label(self, part: str) -> str:
        """For people: which part of which simulation."""
        return ", ".join(filter(None, [self.node.label, part]))


def _sentence(label: str, found: Dict) -> str:
    return f"{label} {found['value']:.6g} ± {found['standard_error']:.2g} {found['unit']}"


def _check_simulation(node: Dict, _: Any) -> str | None:
    try:
        read_simulation(node.get_dict())
    except ValueError as error:
        return " ".join(str(error).split())
    return None
