"""Names of functionals, basis sets and dispersion corrections, checked before a job is submitted.

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

FACTOR = r"-?\d*\.?\d+(?:e-?\d+)?"
EXCHANGE = re.compile(r"(?:[sl]r[-_])?hf(?:\([\d.]+\))?|rsh\([-\d.; ]+\)")  # exact, or a part of it
POPLE = re.compile(r"6311?\+{0,2}g\(\d?[df]\w*(?:,\d?[pd]\w*)?\)")


def check_names(parameters: Mapping[str, Any]) -> None:
    """Check the names in the QM settings of a job.

    Args:
        parameters: settings whose keys `runner.job.check_parameters` has checked.

    Raises:
        ValueError: PySCF does not know a name; one line that tells the nearest one that it does.
    """
    field, structure = parameters.get("mean_field", {}), parameters.get("structure", {})
    if "xc" in field:
        _check_functional("parameters.mean_field.xc", field["xc"])
    if "disp" in field:
        _check("parameters.mean_field.disp", field["disp"], "dispersions")
    for key in ("basis", "ecp"):
        names = structure.get(key, {})
        for element, name in names.items() if isinstance(names, dict) else [("", names)]:
            where = f"parameters.structure.{key}" + f".{element}" * bool(element)
            if not (isinstance(name, str) and POPLE.fullmatch(_plain(name))):
                _check(where, name, "bases")


def _check_functional(where: str, text: Any) -> None:
    """Check a functional, or a sum of functionals with factors: ``0.2*hf + 0.8*b88, lyp``."""
    known = _known()["functionals"]
    if not isinstance(text, str) or not text.strip(" ,+"):
        raise ValueError(f"{where}: {text!r} must be the name of a functional")
    if _plain(text) in known:
        return
    description = re.sub(r"-d[34]\w*$", "", text.strip().lower())  # its dispersion correction
    for term in re.split(rf"[,+]|(?<!\de)-(?={FACTOR}\*)", description):
        name = re.sub(rf"^{FACTOR}\*|\*{FACTOR}$", "", re.sub(r"\s", "", term))
        if name and not EXCHANGE.fullmatch(name):
            _check(where, name, "functionals")


def _check(where: str, name: Any, kind: str) -> None:
    known = _known()[kind]
    if not isinstance(name, str):
        raise ValueError(f"{where}: {name!r} must be a name")
    if _plain(name) not in known:
        close = get_close_matches(_plain(name), known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{where}: PySCF knows no {name!r} among its {kind}{hint}")


def _plain(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).lower()


@cache
def _known() -> dict[str, frozenset[str]]:
    text = (resources.files(__package__) / "names.json").read_text()
    return {kind: frozenset(names) for kind, names in json.loads(text)["names"].items()}
