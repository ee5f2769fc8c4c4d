"""What a study asks for and hardly means: asked before anything is computed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiida_forcefield.study.file import StudyFile

if TYPE_CHECKING:
    from aiida_forcefield.properties import Liquid
    from aiida_forcefield.topology.fluid import Fluid

COLDEST = 100.0
"""K: hardly any liquid is colder; 25 or 80 are degrees Celsius."""
HOTTEST = 1000.0
"""K: molecules do not bear it."""
HIGHEST = 20_000.0
"""bar: at room temperature liquids are solid."""
ATMOSPHERES = {
    101325.0: "Pa",
    100000.0: "Pa",
    1013.25: "hPa",
    760.0: "mmHg",
    101.325: "kPa",
    14.696: "psi",
    0.101325: "MPa",
}
"""One atmosphere in units other than bar."""


def questions(file: StudyFile) -> Iterator[str]:
    """A line for each thing that is probably another one than was meant.

    Raises:
        StudyError: the study cannot be run.
    """
    yield from _of_the_species(file)
    fluid = _fluid(file)
    for place, entry in enumerate(file.study.properties):
        for name, request in entry.items():
            for key, message in _of_a_state(file.title, _state(name, request), fluid):
                yield file.error(message, "properties", place, name, key).message


def notes(file: StudyFile) -> Iterator[str]:
    """A line for each thing that a study says and that has no effect, or that is worth knowing.

    Raises:
        StudyError: the study cannot be run.
    """
    from aiida_forcefield.topology.molecule import has_atom_map

    for _, source, keys in file.places():
        if source.smiles is not None and has_atom_map(source.smiles):
            message = "the numbers of its atom map have no effect"
            yield file.error(message, *keys, "smiles").message
    fluid = _fluid(file)
    for place, entry in enumerate(file.study.properties):
        for name, request in entry.items():
            temperature = _state(name, request).temperature
            if fluid and fluid.melting and COLDEST <= temperature < fluid.melting:
                message = (
                    f"{file.title} melts at {fluid.melting:.0f} K ({fluid.source}); its "
                    "supercooled liquid is simulated"
                )
                yield file.error(message, "properties", place, name, "temperature").message


def _of_the_species(file: StudyFile) -> Iterator[str]:
    from aiida_forcefield.topology.molecule import ions_of

    for name, source, keys in file.places():
        if source.smiles is not None and (ions := ions_of(source.smiles)):
            message = (
                f"{name} has bonds to a metal, which are taken for covalent ones; probably meant "
                f"are the ions {', '.join(ions)}, each a species of a `system`"
            )
            yield file.error(message, *keys, "smiles").message


def _of_a_state(title: str, state: "Liquid", fluid: "Fluid | None") -> Iterator[tuple[str, str]]:
    """Key of a state and question about its value."""
    temperature, pressure = state.temperature, state.pressure
    boiling = fluid.boils_at(pressure) if fluid else None
    melting = fluid.melting if fluid and fluid.melting else COLDEST
    if temperature < min(melting, COLDEST):
        celsius = f"{temperature:g} °C are {temperature + 273.15:g} K"
        yield (
            "temperature",
            f"at {temperature:g} K it is no liquid; temperatures are in K: {celsius}",
        )
    elif temperature > HOTTEST:
        yield "temperature", f"{temperature:g} K is hotter than molecules bear"
    elif fluid and boiling is not None and temperature > boiling:
        yield (
            "temperature",
            f"{title} boils at {boiling:.0f} K and {pressure:g} bar ({fluid.source}): at "
            f"{temperature:g} K it is no liquid",
        )
    if (unit := ATMOSPHERES.get(pressure)) is not None:
        yield "pressure", f"pressures are in bar: {pressure:g} {unit} are about 1.01325 bar"
    elif pressure > HIGHEST:
        yield (
            "pressure",
            f"at {pressure:g} bar liquids are solid; pressures are in bar: 1 bar is 100000 Pa",
        )


def _state(name: str, request: dict[str, float]) -> "Liquid":
    from aiida_forcefield.properties import Liquid, property_of

    state = property_of(name).schema(**request)
    return Liquid(state.temperature, state.pressure)


def _fluid(file: StudyFile) -> "Fluid | None":
    """What is known of the liquid of a single neutral molecule, if it is asked for."""
    from aiida_forcefield.topology.fluid import known_fluid

    species = file.system().species
    if not file.study.properties or len(species) > 1 or not species[0].smiles:
        return None
    return known_fluid(species[0].smiles)
