"""Names of methods: what PySCF knows passes, and nothing else does."""

from typing import Any

import pytest

from aiida_forcefield.calculations.names import check_names


def settings(**fields: Any) -> dict[str, Any]:
    structure = {key: fields.pop(key) for key in ("basis", "ecp") if key in fields}
    return {"mean_field": {"method": "RKS", **fields}, "structure": structure}


@pytest.mark.parametrize(
    "xc",
    [
        "pbe0",
        "PBE",
        "b3lyp-d3bj",
        "wB97X-V",
        "wb97x-d3bj",
        "wb97x-3c",
        "CAM-B3LYP",
        "m06-2x",
        "r2scan",
        "pbe,pbe",
        "b88,",
        ",lyp",
        "hyb_gga_xc_pbeh",
        "0.2*hf + 0.8*b88, lyp",
        ".5*b3lyp-.25*hf",
        "hf*0.5 + pbe*0.5, pbe",
        "1e-2*hf + pbe, pbe",
        "rsh(0.65; -0.46; 0.3) + 0.46*ityh, vwn",
        "lr_hf(0.3) + pbe, pbe",
        "hf",
    ],
)
def test_functionals(xc: str) -> None:
    check_names(settings(xc=xc))


@pytest.mark.parametrize(
    "basis", ["def2-SVP", "aug-cc-pVDZ", "6-31G*", "6-31++G(2df,p)", "pcseg-1"]
)
def test_bases(basis: str) -> None:
    check_names(settings(basis=basis))
    check_names(settings(basis={"C": basis, "default": "sto-3g"}))


def test_effective_core_potential_and_dispersion() -> None:
    check_names(settings(basis="def2-svp", ecp={"I": "def2-svp"}, disp="d3bj"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"xc": "pbe00"}, "mean_field.xc: PySCF knows no 'pbe00' among its functionals; did you"),
        ({"xc": "0.2*hf + 0.8*b888, lyp"}, "no 'b888' among its functionals; did you mean 'b88'?"),
        ({"xc": "__import__('os').system('true')"}, "mean_field.xc: PySCF knows no"),
        ({"xc": ""}, "mean_field.xc: '' must be the name of a functional"),
        ({"xc": 3}, "mean_field.xc: 3 must be the name of a functional"),
        (
            {"basis": "def2-svpp"},
            "structure.basis: PySCF knows no 'def2-svpp' among its bases; did",
        ),
        ({"basis": "/etc/passwd"}, "structure.basis: PySCF knows no '/etc/passwd'"),
        ({"basis": "#BASIS SET\nH S\n 1.0 1.0"}, "structure.basis: PySCF knows no"),
        ({"basis": [[0, [1.0, 1.0]]]}, "structure.basis: [[0, [1.0, 1.0]]] must be a name"),
        (
            {"basis": {"C": "sto3h"}},
            "structure.basis.C: PySCF knows no 'sto3h' among its bases; did",
        ),
        ({"basis": "sto3g", "ecp": "lanl2dx"}, "structure.ecp: PySCF knows no 'lanl2dx'"),
        ({"disp": "d3jb"}, "mean_field.disp: PySCF knows no 'd3jb' among its dispersions; did you"),
    ],
)
def test_unknown_name_is_refused_in_one_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^parameters") as caught:
        check_names(settings(**fields))
    assert message in str(caught.value)
