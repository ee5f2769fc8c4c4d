"""What the sections of a protocol may say; checked before anything is submitted."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

from aiida_forcefield.dynamics import ENGINES, MINIMUM_SAMPLES, THERMO_EVERY
from aiida_forcefield.fitting import Settings as FitSettings
from aiida_forcefield.properties import property_names, read_target
from aiida_forcefield.scans.crystal_qm import CrystalSettings
from aiida_forcefield.surrogate import Settings as LearningSettings
from aiida_forcefield.workflows.engines import capabilities_of, check_qm, level_of

# Sections in the dialect of the runner, and what the chain needs of each beyond it.
QM_SECTIONS = {
    "reference": ("relaxation", "reference"),
    "molecule": (),
    "dimers": ("interaction",),
    "polarizability": ("polarizability",),
}
DISPENSABLE = ("polarizability",)
"""Fixed charges do without it."""
Electrostatics = Literal["fixed", "polarizable"]
ELECTROSTATICS: tuple[str, ...] = get_args(Electrostatics)

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Natural = Annotated[int, Field(ge=1)]

# LAMMPS' random numbers take no larger seed.
Seed = Annotated[int, Field(ge=1, le=900_000_000)]

# The tail correction of LAMMPS knows no damping; from there on it is right to 0.1 % for all ρ that
# a fit may find, up to 0.36 Å (at 5 Å it is 0.6 % off).
Cutoff = Annotated[float, Field(ge=6.0, allow_inf_nan=False)]  # Å

# Each of its parts (condensing, cooling, settling, measuring) needs some steps.
Equilibration = Annotated[float, Field(ge=1.0, allow_inf_nan=False)]  # ps

# Samples of the density below which there is no statistics, at the longest step, 2 fs.
SAMPLE = THERMO_EVERY * 0.002  # ps
SHORTEST = MINIMUM_SAMPLES * SAMPLE

STRICT = ConfigDict(extra="forbid", strict=True)
_LearningSettings = dataclass(LearningSettings, config=STRICT, frozen=True)
_FitSettings = dataclass(FitSettings, config=STRICT, frozen=True)
_CrystalSettings = dataclass(CrystalSettings, config=STRICT, frozen=True)


def _distinct(seeds: list[int]) -> list[int]:
    if len(set(seeds)) < len(seeds):
        raise PydanticCustomError("distinct", "Input should hold each seed once")
    return seeds


def _known(engine: str) -> str:
    if engine not in ENGINES:
        raise PydanticCustomError("engine", "Input should be one of " + ", ".join(ENGINES))
    return engine


Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(_distinct)]
Production = Annotated[float, Field(ge=SHORTEST, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = STRICT


class _Learning(_Section):
    molecule: _LearningSettings  # type: ignore[valid-type]
    pairs: _LearningSettings  # type: ignore[valid-type]
    crystals: _LearningSettings  # type: ignore[valid-type]


class _Sampling(_Section):
    pair_scans: Count
    random: Count
    squeezed: Count
    liquid: Natural
    most_liquid: Natural
    uncertain: Count
    trimers: Count
    thermal: Natural
    rounds: Count
    target_error: Positive
    target_pressure: Positive
    batch: Natural
    seed: Count


class _Liquid(_Section):
    engine: Annotated[str, AfterValidator(_known)]
    atoms: Natural
    cutoff: Cutoff
    seeds: Seeds
    equilibration: Equilibration
    production: Production
    frames: Count
    max_legs: Natural

    @model_validator(mode="after")
    def _samples(self) -> Self:
        most = int(self.production / SAMPLE)
        if self.frames > most:
            raise ValueError(
                f"frames: {self.frames} is not allowed, {self.production:g} ps have up to {most}"
            )
        return self


class _PreliminaryLiquid(_Liquid):
    frames: Annotated[int, Field(ge=2)]  # the dimers are taken from them; the spread needs two


class _Gas(_Section):
    equilibration: Equilibration
    production: Production


class _Simulation(_Liquid):
    gas: _Gas


class _Spread(_Section):
    seeds: Seeds
    equilibration: Equilibration
    production: Production


class _Protocol(_Section):
    """All that is not QM, which the runner checks itself."""

    electrostatics: Electrostatics
    crystal: _CrystalSettings  # type: ignore[valid-type]
    learning: _Learning
    sampling: _Sampling
    liquid: _PreliminaryLiquid
    simulation: _Simulation
    spread: _Spread | None = None
    fit: _FitSettings  # type: ignore[valid-type]
    max_concurrent: Natural


class SettingError(ValueError):
    """A setting that is not allowed.

    Attributes:
        keys: its place among the settings.
        reason: what is wrong with it, and what is allowed.
    """

    def __init__(self, keys: Sequence[str | int], reason: str) -> None:
        super().__init__(f"{'.'.join(map(str, keys))}: {reason}")
        self.keys, self.reason = tuple(keys), reason


def check(settings: Mapping[str, Any]) -> None:
    """Check all settings of a protocol.

    Raises:
        SettingError: one line with key path, value and what is allowed.
    """
    for section, needed in QM_SECTIONS.items():
        content = settings.get(section, {})
        if not content and section in DISPENSABLE:
            continue
        try:
            check_qm(content)
        except ValueError as error:
            reason = str(error).removeprefix("parameters").lstrip(".: ")
            raise SettingError([section], reason) from None
        for key in needed:
            if content.get(key) in (None, False):
                raise SettingError([section, key], "is missing")
    if level_of(settings["reference"]) != level_of(settings["molecule"]):
        raise SettingError(
            ["reference"],
            "must have the same level of theory as molecule (ase, tblite, mean_field, structure, "
            "density_fit): their energies go into one profile",
        )
    elsewhere = (*QM_SECTIONS, "properties")
    others = {key: value for key, value in settings.items() if key not in elsewhere}
    try:
        # As JSON, where strictness still lets an object stand for a dataclass, and 1 for 1.0.
        _Protocol.model_validate_json(json.dumps(others, default=str))
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        raise SettingError(mistake["loc"], _reason(mistake)) from None
    _check_nonbonded(settings)
    _check_electrostatics(settings)
    for name, target in settings.get("properties", {}).items():
        _check_target(name, target)
    sampling = settings["sampling"]
    if sampling["rounds"] > 1 and sampling["most_liquid"] < sampling["liquid"]:
        raise SettingError(
            ["sampling", "most_liquid"],
            f"{sampling['most_liquid']} is not allowed, it must be at least sampling.liquid, "
            f"{sampling['liquid']}",
        )


def _check_nonbonded(settings: Mapping[str, Any]) -> None:
    """Refuse a form whose parts no point would tell apart."""
    form = FitSettings(**settings["fit"]).form_of_kind["nonbonded"]
    dimers = settings["dimers"]
    if form.parts and "counterpoise" not in capabilities_of(dimers):
        raise SettingError(
            ["fit", "forms"],
            f"nonbonded {form.name!r} needs the components of interaction energies, which the "
            f"engine of dimers, {dimers['engine']}, does not tell; take tang_toennies",
        )


def _check_electrostatics(settings: Mapping[str, Any]) -> None:
    """Refuse polarizable molecules of which QM does not tell what they need."""
    if settings["electrostatics"] == "fixed":
        return
    if not settings.get("polarizability"):
        reason = "'polarizable' needs the section polarizability; take fixed"
        raise SettingError(["electrostatics"], reason)
    dimers = settings["dimers"]
    if settings["sampling"]["trimers"] and "counterpoise" not in capabilities_of(dimers):
        raise SettingError(
            ["electrostatics"],
            "'polarizable' needs energies of three molecules, which the engine of dimers, "
            f"{dimers['engine']}, does not tell; take fixed, or sampling.trimers: 0",
        )


def _check_target(name: str, target: Any) -> None:
    """Check the statistical error of a property as that does."""
    if name not in property_names():
        allowed = ", ".join(property_names())
        raise SettingError(["properties", name], f"is unknown; allowed: {allowed}")
    if not isinstance(target, Mapping):
        raise SettingError(["properties", name], f"{target!r} must be a mapping")
    try:
        read_target(name, target)
    except ValueError as error:
        raise SettingError(["properties"], str(error)) from None


def _reason(mistake: ErrorDetails) -> str:
    match mistake["type"]:
        case "missing":
            return "is missing"
        case "unexpected_keyword_argument" | "extra_forbidden":
            return "is unknown"
        case "value_error":
            return str(mistake["ctx"]["error"])
    return f"{mistake['input']!r} {re.sub(r'^(Input|List) should', 'must', mistake['msg'])}"
