"""Names of functionals, basis sets, corrections and calculators, checked before submission.

PySCF itself is on the compute side only, so the names that it knows are kept in ``names.json``,
which ``setup_scripts/compute/names.py`` writes. Only names pass: PySCF would also take a basis set
for the path of a file.
"""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from aiida_forcefield.runner.engines.ase import CALCULATORS

NUMBER = r"-?\d*\.?\d+(?:e-?\d+)?"
EXCHANGE = re.compile(r"(?:[sl]r[-_])?hf(?:\([\d.]+\))?|rsh\([-\d.;]+\)")  # exact, or a part of it
POPLE = re.compile(r"6311?\+{0,2}g\(\d?[df]\w*(?:,\d?[pd]\w*)?\)")
DISPERSION = re.compile(r"-(d[34]\w*)$")
UNCONTRACTED = re.compile(r"^unc(?=.)")


def check_names(parameters: Mapping[str, Any]) -> None:
    """Check the names in the QM settings of a job.

    Args:
        parameters: settings whose keys `runner.parameters.check_parameters` has checked.

    Raises:
        ValueError: PySCF or ASE does not know a name; one line that tells the nearest one that it
            does.
    """
    if "ase" in parameters:
        _check_calculator(parameters["ase"]["calculator"])
    field, structure = parameters.get("mean_field", {}), parameters.get("structure", {})
    if "xc" in field:
        _check_functional("parameters.mean_field.xc", field["xc"])
    if field.get("disp"):
        version = field["disp"]
        if isinstance(version, str):  # with the parameters of another functional: d4:wb97x-3c
            version = version.partition(":")[0]
        _check("parameters.mean_field.disp", version, "dispersion")
    for key in ("basis", "ecp"):
        names = structure.get(key, {})
        for element, name in names.items() if isinstance(names, dict) else [("", names)]:
            where = f"parameters.structure.{key}" + f".{element}" * bool(element)
            _check_basis(where, name)


def _check_calculator(name: str) -> None:
    from ase.calculators.calculator import names  # type: ignore[attr-defined]

    known = {*names, *CALCULATORS}
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
        raise ValueError(f"parameters.ase.calculator: {name!r} is no calculator of ASE; {hint}")


def _check_basis(where: str, name: Any) -> None:
    if isinstance(name, str):
        name = re.sub(r"[-_\s]", "", name.lower())  # as PySCF does
        name = UNCONTRACTED.sub("", name)
        if POPLE.fullmatch(name):
            return
    _check(where, name, "basis set")


def _check_functional(where: str, text: Any) -> None:
    """Check a functional, or a sum of functionals with factors: ``0.2*hf + 0.8*b88, lyp``."""
    if not isinstance(text, str) or not text.strip(" ,+"):
        raise ValueError(f"{where}: {text!r} must be the name of a functional")
    description = re.sub(r"\s", "", text.lower())
    if description in _known()["functional"]:
        return
    if found := DISPERSION.search(description):
        _check(where, found[1], "dispersion")
        description = description[: found.start()]
    exchange, comma, correlation = description.partition(",")
    if not comma:
        _check_sum(where, description, "functional")
    else:
        _check_sum(where, exchange, "exchange functional")
        _check_sum(where, correlation, "correlation functional")


def _check_sum(where: str, description: str, kind: str) -> None:
    for term in re.split(rf"\+|(?<!\de)-(?={NUMBER}\*)", description):
        name = re.sub(rf"^{NUMBER}\*|\*{NUMBER}$", "", term)
        if name and not EXCHANGE.fullmatch(name):
            _check(where, name, kind)


def _check(where: str, name: Any, kind: str) -> None:
    known = _known()[kind]
    if not isinstance(name, str):
        raise ValueError(f"{where}: {name!r} must be the name of a {kind}")
    if name.lower() not in known:
        close = get_close_matches(name.lower(), known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{where}: {name!r} is no {kind} of PySCF {_content()['pyscf']}{hint}")


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((resources.files(__package__) / "names.json").read_text())
    return content


@cache
def _known() -> dict[str, frozenset[str]]:
    return {kind: frozenset(names) for kind, names in _content()["names"].items()}
