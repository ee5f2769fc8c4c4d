"""The parameters of a job: their keys, types and contradictions, and what its engines can do."""

from typing import Any

from .checks import check_keys, is_integer, is_positive
from .engine import Capabilities, Declaration, Parameters, Section
from .engines import engine_names, find_engine

POTENTIALS = "pyscf"
"""The engine that gives the potential of a reference whose own engine has none."""
GUESS: Parameters = {"engine": "tblite", "tblite": {"method": "GFN2-xTB"}}
"""Settings of the engine whose second derivatives a dear relaxation begins with."""

# Of all engines: type of the value, and the keys allowed inside (None: any).
_COMMON: dict[str, Section] = {
    "engine": (str, None),
    "gradient": (bool, None),
    "hessian": (bool, None),
    "dipole": (bool, None),
    "polarizability": (bool, None),
    "c6": (bool, None),
    "relaxation": (dict, ("engine", "method", "max_steps", "hold", "freeze")),
    "interaction": (bool, None),
    "reference": (dict, ("shells", "density")),
}
_OF_CRYSTALS = ("engine", "gradient", "c6")


def check_parameters(parameters: Parameters) -> Parameters:
    """Check QM settings: keys, types, what the engines can do, and contradictions.

    Raises:
        ValueError: with one line that names the key.
    """
    sections = dict(_COMMON)
    for name in engine_names():
        sections |= find_engine(name).sections
    check_keys("parameters", parameters, tuple(sections))
    for key, value in parameters.items():
        kind, inner = sections[key]
        if not isinstance(value, kind):
            raise ValueError(f"parameters.{key}: {value!r} has the wrong type")
        if inner is not None:
            check_keys(f"parameters.{key}", value, inner)
    try:
        engine = find_engine(parameters.get("engine"))
    except ValueError as error:
        raise ValueError(f"parameters.engine: {error}") from None
    can = engine.capabilities(parameters)
    check_requests(parameters, can)
    if parameters.get("c6") and "periodic" not in can:
        raise ValueError("parameters.c6: is of crystals; of a molecule its reference has it")
    if "relaxation" in parameters:
        _check_relaxation(parameters)
    if "reference" in parameters:
        _check_reference(parameters)
    if parameters.get("interaction"):
        _check_interaction(parameters, can)
    for used, settings in engines_of(parameters):
        used.check(settings)
    _check_gpu(parameters)
    return parameters


def check_requests(parameters: Parameters, can: Capabilities) -> None:
    """Refuse what the engine of the energies cannot do.

    Raises:
        ValueError: with one line that names key and engine, and what it can do.
    """
    for key in ("gradient", "dipole", "polarizability", "correlation", "solvent"):
        if parameters.get(key) and key not in can:
            raise can.refusal(key)
    if parameters.get("hessian") and not ("hessian" in can or "gradient" in can):
        raise can.refusal("hessian")
    if "crystal" in parameters and "periodic" not in can:
        raise can.refusal("crystal")


def engines_of(parameters: Parameters) -> list[tuple[Declaration, Parameters]]:
    """The engines that a job uses, each with its settings: first that of the energies."""
    engine = find_engine(parameters["engine"])
    used = [(engine, parameters)]
    if "relaxation" in parameters:
        surface = surface_settings(parameters)
        used.append((find_engine(surface["engine"]), surface))
    if "reference" in parameters and "potential" not in engine.capabilities(parameters):
        used.append((find_engine(POTENTIALS), parameters | {"engine": POTENTIALS}))
    return used


def surface_settings(parameters: Parameters) -> Parameters:
    """Settings of the engine that relaxes: those of the job, but for engine and method."""
    relaxation = parameters["relaxation"]
    name = relaxation["engine"]
    settings = parameters | {"engine": name}
    if "method" in relaxation:
        settings[name] = {"method": relaxation["method"]}
    return settings


def is_own_surface(parameters: Parameters) -> bool:
    """Whether a job relaxes on the surface that its energies are on."""
    surface = surface_settings(parameters)
    keys = ("engine", *find_engine(parameters["engine"]).sections)
    return all(surface.get(key) == parameters.get(key) for key in keys)


def needs_guess(parameters: Parameters) -> bool:
    """Whether the second derivatives of a cheaper engine save steps of a relaxation."""
    if "relaxation" not in parameters:
        return False
    surface = surface_settings(parameters)
    return not find_engine(surface["engine"]).capabilities(surface).cheap


def _check_relaxation(parameters: Parameters) -> None:
    relaxation = parameters["relaxation"]
    try:
        engine = find_engine(relaxation.get("engine"))
    except ValueError as error:
        raise ValueError(f"parameters.relaxation.engine: {error}") from None
    own = engine.sections.get(engine.name, (dict, ()))[1] or ()
    if "method" in relaxation and "method" not in own:
        takes = ", ".join(engine.level)
        raise ValueError(
            f"parameters.relaxation.method: the engine {engine.name} takes none; it takes {takes}"
        )
    surface = surface_settings(parameters)
    if (can := engine.capabilities(surface)) and "gradient" not in can:
        raise can.refusal("relaxation.engine")
    steps = relaxation.get("max_steps", 100)
    if not is_integer(steps) or steps < 1:
        raise ValueError(f"parameters.relaxation.max_steps: {steps!r} is not a positive integer")
    for index, atoms in enumerate(_list(relaxation, "hold")):
        if not isinstance(atoms, list) or not 2 <= len(set(atoms)) == len(atoms) <= 4:
            raise ValueError(f"parameters.relaxation.hold.{index}: {atoms!r} must be 2 to 4 atoms")
    _list(relaxation, "freeze")


def _list(settings: Parameters, key: str) -> list[Any]:
    value = settings.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f"parameters.relaxation.{key}: {value!r} is not a list")
    return value


def _check_gpu(parameters: Parameters) -> None:
    """Refuse a GPU that no engine of the job uses."""
    used = [engine.capabilities(settings) for engine, settings in engines_of(parameters)]
    if parameters.get("gpu") and not any("gpu" in can for can in used):
        raise used[0].refusal("gpu")


def _check_reference(parameters: Parameters) -> None:
    settings = parameters["reference"]
    shells, density = settings.get("shells", [1.0]), settings.get("density", 1.0)
    if not isinstance(shells, list) or not shells or not all(map(is_positive, shells)):
        raise ValueError(f"parameters.reference.shells: {shells!r} is no list of positive numbers")
    if not is_positive(density):
        raise ValueError(f"parameters.reference.density: {density!r} is not a positive number")
    for key in ("polarizability", "solvent"):
        if parameters.get(key):
            raise ValueError(f"parameters.{key}: not with reference")


def _check_interaction(parameters: Parameters, can: Capabilities) -> None:
    if "relaxation" in parameters or "reference" in parameters:
        raise ValueError(
            "parameters.interaction: clusters are rigid; leave out relaxation, reference"
        )
    for key in ("hessian", "dipole", "polarizability", "solvent"):
        if parameters.get(key):
            raise ValueError(f"parameters.{key}: not with interaction")
    if "counterpoise" in can and parameters.get("gradient"):
        raise ValueError(
            f"parameters.gradient: must be false with interaction and engine {can.engine}, "
            "whose counterpoise-corrected energies have none"
        )


def check_of_crystals(parameters: Parameters) -> None:
    """Refuse settings that are for molecules only.

    Raises:
        ValueError: with one line that names the key.
    """
    engine = find_engine(parameters["engine"])
    allowed = (*_OF_CRYSTALS, *engine.sections)
    for key in parameters:
        if key not in allowed and parameters[key]:
            raise ValueError(f"parameters.{key}: crystals take only {', '.join(allowed)}")
    if "periodic" not in engine.capabilities(parameters):
        raise ValueError(
            f"cells: the engine {engine.name} cannot compute them with these parameters; "
            f"crystals can be computed by {', '.join(_of_crystals())}"
        )


def _of_crystals() -> list[str]:
    """The engines that compute crystals, each with the section that this takes."""
    return [
        f"{name} with {key}" if key else name
        for name in engine_names()
        for key, can in find_engine(name).can.items()
        if "periodic" in can
    ]
