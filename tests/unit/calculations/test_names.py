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
        "b97-d",
        "wb97m_v",
    ],
)
def test_functionals(xc: str) -> None:
    check_names(settings(xc=xc))


@pytest.mark.parametrize(
    "basis", ["def2-SVP", "aug-cc-pVDZ", "6-31G*", "6-31++G(2df,p)", "unc-cc-pvdz"]
)
def test_bases(basis: str) -> None:
    check_names(settings(basis=basis))
    check_names(settings(basis={"C": basis, "default": "sto-3g"}))


def test_effective_core_potential_and_dispersion() -> None:
    for disp in ("d3bj", "d3bjatm", "d4:wb97x-3c", False):
        check_names(settings(basis="def2-svp", ecp={"I": "def2-svp"}, disp=disp))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"xc": "pbe00"}, "mean_field.xc: 'pbe00' is no functional of PySCF"),
        ({"xc": "0.2*hf + 0.8*b888, lyp"}, "'b888' is no exchange functional of PySCF"),
        ({"xc": "pbe, lypp"}, "'lypp' is no correlation functional of PySCF"),
        ({"xc": "ak13"}, "'ak13' is no functional of PySCF"),  # exchange alone
        ({"xc": "b3-lyp"}, "did you mean 'b3lyp'?"),  # PySCF reads b3 minus lyp
        ({"xc": "lc-wpbe"}, "'lc-wpbe' is no functional of PySCF"),
        ({"xc": "wb97x-d3"}, "'d3' is no dispersion of PySCF"),
        ({"xc": "pbe0-d3"}, "'d3' is no dispersion of PySCF"),
        ({"xc": "__import__('os').system('true')"}, "is no functional of PySCF"),
        ({"xc": ""}, "mean_field.xc: '' must be the name of a functional"),
        ({"xc": 3}, "mean_field.xc: 3 must be the name of a functional"),
        ({"basis": "def2-svpp"}, "'def2svpp' is no basis set of PySCF"),
        ({"basis": "/etc/passwd"}, "'/etc/passwd' is no basis set of PySCF"),
        ({"basis": "#BASIS SET\nH S\n 1.0 1.0"}, "is no basis set of PySCF"),
        ({"basis": [[0, [1.0, 1.0]]]}, "structure.basis: [[0, [1.0, 1.0]]] must be the name of a"),
        ({"basis": {"C": "sto3h"}}, "structure.basis.C: 'sto3h' is no basis set of PySCF"),
        ({"basis": "sto3g", "ecp": "lanl2dx"}, "structure.ecp: 'lanl2dx' is no basis set of PySCF"),
        ({"disp": "d3jb"}, "mean_field.disp: 'd3jb' is no dispersion of PySCF"),
        ({"disp": True}, "mean_field.disp: True must be the name of a dispersion"),
    ],
)
def test_unknown_name_is_refused_in_one_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r"^parameters") as caught:
        check_names(settings(**fields))
    assert message in str(caught.value)
