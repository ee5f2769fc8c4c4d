"""Writes docs/reference/forms.md: python docs/forms.py > docs/reference/forms.md"""

from aiida_forcefield.potentials.export import gromacs, lammps, openmm_forms
from aiida_forcefield.potentials.forms import FORMS, TANG_TOENNIES, Form

HEAD = """\
# Forms

Written by `docs/forms.py`. Energies are in eV, distances r in Å, angles θ, dihedrals φ and
impropers χ in radians within an equation; angles among parameters are in degrees. φ = 180° is
trans; χ is the dihedral angle centre-j-k-l, 0 when the centre is planar. Damping is
fn = 1 − exp(−x) (1 + x + x²/2 + ... + xⁿ/n!) with x = r/rho. The source of each equation stands in
its docstring, in `aiida_forcefield.potentials.forms`.

| kind | form | energy | parameters, within the bounds of a fit | LAMMPS | OpenMM | GROMACS |
|---|---|---|---|---|---|---|
"""
TAIL = """
Between two atom types, `exp6`, `born_mayer_huggins` and `tang_toennies` take geometric means of A,
C6 and C8, the harmonic mean of rho and the arithmetic one of sigma; `lennard_jones` takes those of
Lorentz and Berthelot. With `combination: geometric` all means are geometric (OPLS). A nonbonded
term with two types in its name, such as `nonbonded C1-O1`, goes before the rule. One nonbonded form
is allowed in a force field. Atoms of a molecule feel nonbonded forces when they are more than three
bonds apart; at three bonds, by `scale_14`.
"""


def page() -> str:
    return HEAD + "".join(map(_row, FORMS.values())) + TAIL


def _row(form: Form) -> str:
    alike = len({(p.unit, p.bounds) for p in form.parameters}) == 1
    names = f"{form.parameters[0].name} ... " if alike and len(form.parameters) > 1 else ""
    shown = form.parameters[-1:] if names else form.parameters
    ranges = (f"{p.name} {p.bounds[0]:g} to {p.bounds[1]:g} {p.unit}" for p in shown)
    parameters = names + "; ".join(ranges)
    cells = [form.kind, f"`{form.name}`", form.equation, parameters, *_programs(form)]
    return f"| {' | '.join(cells)} |\n"


def _programs(form: Form) -> tuple[str, str, str]:
    if form is TANG_TOENNIES:
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
