"""Topology files of GROMACS: one molecule type of each species, and how many there are of each."""

import re

from aiida_forcefield.potentials.export.gromacs import write_gromacs

from ...fields import FIELDS, build

SYSTEM, FIELD = build(*FIELDS["ions of opls"])


def sections(text: str) -> dict[str, list[list[str]]]:
    """Rows of each section of a text, those of sections of one title together."""
    found: dict[str, list[list[str]]] = {}
    for title, body in re.findall(r"\[ (\w+) \]\n((?:[^\[\n]+\n)*)", text):
        rows = [line.split() for line in body.splitlines() if not line.startswith((";", "#"))]
        found.setdefault(title, []).extend(rows)
    return found


def test_each_species_is_a_molecule_type() -> None:
    text = write_gromacs(FIELD, SYSTEM, [5, 2, 2])["molecules.itp"]
    parts = text.split("[ moleculetype ]\n")[1:]
    assert [part.split()[0] for part in parts] == ["EC", "Li", "F"]
    for name, part in zip(SYSTEM.names, parts, strict=True):
        species, found = SYSTEM.of_name(name), sections(part)
        assert [row[1] for row in found["atoms"]] == list(SYSTEM.types_of(name))
        assert sum(float(row[6]) for row in found["atoms"]) == species.charge
        assert len(found.get("bonds", [])) == len(species.bonds)
        assert len(found.get("pairs", [])) == len(species.pairs_14)


def test_the_types_are_those_of_the_system() -> None:
    found = sections(write_gromacs(FIELD, SYSTEM, [5, 2, 2])["forcefield.itp"])
    assert [row[0] for row in found["atomtypes"]] == list(SYSTEM.type_names)
    system, field = build(*FIELDS["opls"])
    found = sections(write_gromacs(field, system, [1])["forcefield.itp"])
    assert [row[0] for row in found["atomtypes"]] == ["C1", "C2", "O1", "H1", "H2", "H3"]


def test_molecules_are_counted() -> None:
    text = write_gromacs(FIELD, SYSTEM, [5, 0, 2])["topol.top"]
    assert sections(text)["molecules"] == [["EC", "5"], ["F", "2"]]
