"""From what a study says of a mixture to a system."""

import pytest

from aiida_forcefield.serial import assemble, dismantle
from aiida_forcefield.topology import from_smiles
from aiida_forcefield.topology.composition import molar_mass
from aiida_forcefield.topology.mixture import Mixture, Salt, compose

EC, DMC = from_smiles("O=C1OCCO1"), from_smiles("COC(=O)OC")
LITHIUM, PF6 = from_smiles("[Li+]"), from_smiles("F[P-](F)(F)(F)(F)F")
SPECIES = {"EC": EC, "DMC": DMC, "Li": LITHIUM, "PF6": PF6}
LP30 = Mixture(
    {"EC": 1.0, "DMC": 1.0}, "mass", {"LiPF6": Salt({"Li": 1, "PF6": 1}, 1.0, "molality")}
)


def test_an_electrolyte_is_neutral_and_has_its_molality() -> None:
    system = compose(LP30, SPECIES)
    assert system.names == ("DMC", "EC", "Li", "PF6")
    amounts = dict(zip(system.names, system.amounts, strict=True))
    assert amounts["EC"] * molar_mass(EC) == pytest.approx(amounts["DMC"] * molar_mass(DMC))
    kilograms = 2 * amounts["EC"] * molar_mass(EC) / 1000
    assert amounts["Li"] / kilograms == pytest.approx(1.0)
    assert amounts["PF6"] == amounts["Li"]
    assert system.charge == pytest.approx(0.0)


def test_a_molar_electrolyte_has_about_its_molality_in_dense_carbonates() -> None:
    molar = Mixture(LP30.solvent, "volume", {"LiPF6": Salt({"Li": 1, "PF6": 1}, 1.0, "molarity")})
    system = compose(molar, SPECIES)
    amounts = dict(zip(system.names, system.amounts, strict=True))
    kilograms = sum(amounts[name] * molar_mass(SPECIES[name]) for name in ("EC", "DMC")) / 1000
    assert amounts["Li"] / kilograms == pytest.approx(0.87, rel=0.15)  # LP30: 1.30 g/mL


def test_a_mixture_survives_plain_data() -> None:
    plain, _ = dismantle(LP30)
    assert assemble(Mixture, plain, {}) == LP30


@pytest.mark.parametrize(
    ("mixture", "names", "message"),
    [
        (Mixture({"EC": 1.0}), ("EC", "DMC"), "species DMC: has no amount"),
        (Mixture({"EC": 1.0, "PC": 1.0}), ("EC",), "species PC: is not among the species"),
        (
            Mixture({"EC": 1.0}, salts={"x": Salt({"Li": 2, "PF6": 1}, 1.0, "molality")}),
            ("EC", "Li", "PF6"),
            r"salt x: \+1 e in a formula unit",
        ),
        (Mixture({"EC": -1.0, "DMC": 3.0}), ("EC", "DMC"), "must be a number above 0"),
    ],
)
def test_impossible_mixtures_are_refused(
    mixture: Mixture, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compose(mixture, {name: SPECIES[name] for name in names})
