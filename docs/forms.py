"""Writes docs/reference/forms.md: python docs/forms.py > docs/reference/forms.md"""

from collections.abc import Iterator
from math import exp

from aiida_forcefield.fitting.priors.physical import PAIR_WIDTHS, SPANS, WIDTHS
from aiida_forcefield.fitting.settings import Settings
from aiida_forcefield.potentials.export import gromacs, lammps, openmm_forms
from aiida_forcefield.potentials.export.damping import DAMPED
from aiida_forcefield.potentials.forms import FORMS, Form
from aiida_forcefield.potentials.forms.form import Parameter

HEAD = """\
# Forms

Written by `docs/forms.py`. Energies are in eV, distances r in Å, angles θ, dihedrals φ and
impropers χ in radians within an equation; angles among parameters are in degrees. φ = 180° is
trans; χ is the dihedral angle centre-j-k-l, 0 when the centre is planar. Damping is
fn = 1 − exp(−x) (1 + x + x²/2 + ... + xⁿ/n!) with x = r/rho. The source of each equation stands in
its docstring, in `aiida_forcefield.potentials.forms`.

| kind | form | energy | parameters, and where a fit looks for them | LAMMPS | OpenMM | GROMACS |
|---|---|---|---|---|---|---|
"""
TAIL = """
Between two atom types, `exp6`, `born_mayer_huggins`, `tang_toennies` and `overlap` take geometric
means of A, P, T, C6 and C8, the harmonic mean of rho and the arithmetic one of sigma;
`lennard_jones` takes those of Lorentz and Berthelot. Of `overlap`, A is exchange, P what
overlapping charge clouds gain and T charge transfer
([why](../topics/liquid.md#molecules-that-polarise-one-another)); points that tell the components of
their interaction energies determine them. With `combination: geometric` all means are geometric
(OPLS). A nonbonded term with two types in its name, such as `nonbonded C1-O1`, goes before the
rule. One nonbonded form is allowed in a force field. Atoms of a molecule feel nonbonded forces when
they are more than three bonds apart; at three bonds, by `scale_14`.

A study fits any of them but `linear_angle` and `threefold`, which straight angles and groups of
three equal branches have of their own accord:

```yaml
overrides: {fit: {forms: {nonbonded: lennard_jones, angle: cosine_angle}}}
```

C0 of `ryckaert_bellemans`, an offset, and sigma of `born_mayer_huggins`, a factor of A, are held.

## Priors

Each parameter has a prior, whose centre is from the reference, its Hessian, DFT-D4 and van der
Waals radii ([the fit](../topics/fit.md)), and this standard deviation:

| kind | parameters | standard deviation |
|---|---|---|
"""
END = """
What is positive is fitted as its logarithm, whose deviation is in percent: 30% is a factor of 1.35,
150% one of 4.5. Of a Morse bond alpha stands for the force constant, 2 D alpha², and A, P and T of
a nonbonded form for that part of the repulsion at contact. Those of C6 and C8 are
`fit.dispersion_width`. Parameters of a pair of types are about what the combination rule makes of
those of both.
"""


def page() -> str:
    return HEAD + "".join(map(_row, FORMS.values())) + TAIL + "".join(_widths()) + END


def _widths() -> Iterator[str]:
    """Rows of the standard deviations of priors; neighbours that have the same share one."""
    parameters = {(f.kind, p.name): p for f in FORMS.values() for p in f.parameters}
    dispersion = Settings().dispersion_width
    widths = WIDTHS | {("nonbonded", name): dispersion for name in ("C6", "C8")}
    of_pairs = {("nonbonded", name): width for name, width in PAIR_WIDTHS.items()}
    for named, what in ((widths, ""), (of_pairs, " of a pair")):
        told: dict[tuple[str, str], list[str]] = {}
        for key, width in named.items():
            if parameter := parameters.get(key):
                text = f"{width:.0%}" if parameter.positive else f"{width:g} {parameter.unit}"
                told.setdefault((key[0], text), []).append(key[1])
        for (kind, text), names in told.items():
            yield f"| {kind}{what} | {', '.join(names)} | {text} |\n"


def _row(form: Form) -> str:
    alike = len({(p.unit, p.bounds) for p in form.parameters}) == 1
    names = f"{form.parameters[0].name} ... " if alike and len(form.parameters) > 1 else ""
    shown = form.parameters[-1:] if names else form.parameters
    parameters = names + "; ".join(_range(form, parameter) for parameter in shown)
    cells = [form.kind, f"`{form.name}`", form.equation, parameters, *_programs(form)]
    return f"| {' | '.join(cells)} |\n"


def _range(form: Form, parameter: Parameter) -> str:
    """Its bounds: about the prior, if they are so, or the same for all molecules."""
    name, unit, (low, high) = parameter.name, parameter.unit, parameter.bounds
    span = SPANS.get((form.kind, name))
    if span is None:
        return f"{name} {low:g} to {high:g} {unit}".rstrip()
    if parameter.positive:
        return f"{name} ({unit}) within a factor of {exp(span):.2g} of its prior"
    return f"{name} within {span:g} {unit} of its prior"


def _programs(form: Form) -> tuple[str, str, str]:
    if form in DAMPED:
        in_lammps = "born` and `table"
    else:
        in_lammps = {**lammps.BONDED, **lammps.PAIR}[form.name][0]
    if form.name in openmm_forms.STANDARD:
        in_openmm = openmm_forms.STANDARD[form.name][0]
    else:
        in_openmm = "custom" if form.name in openmm_forms.EXPRESSIONS else "NonbondedForce"
    refused = gromacs.NEAREST.get(form.name)
    return f"`{in_lammps}`", in_openmm, f"no; `{refused}`" if refused else "yes"


if __name__ == "__main__":
    print(page(), end="")
