"""Print the names of methods that PySCF knows, as JSON; run it after an update of PySCF:

.venv-compute/bin/python setup_scripts/compute/names.py \
    > src/aiida_forcefield/calculations/names.json
"""

import contextlib
import io
import json
import re

import pyscf
from pyscf.dft import libxc
from pyscf.gto import basis
from pyscf.scf import dispersion

PREFIX = re.compile(r"^(HYB_)?(LDA|GGA|MGGA)_(XC|X|C)_")


def is_functional(text: str) -> bool:
    """Whether PySCF reads a text as a functional."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception):
        dispersion.parse_dft(text.lower())  # refuses some
        hybrid, functionals = libxc.parse_xc(text)
        return bool(functionals) or any(hybrid)
    return False


def functionals(form: str) -> list[str]:
    """Names, in small letters, that PySCF takes in a place: whole, exchange or correlation.

    They have libxc's prefix of their family or not, and dashes where PySCF knows them for such: in
    others it takes a dash for a minus.

    Args:
        form: of a text with a name in that place, such as ``{},``.
    """
    codes = {*libxc.XC_CODES, *libxc.XC_ALIAS, *libxc._NAME_WITH_DASH, *dispersion._white_list}
    codes = {code.upper() for code in codes if "_K_" not in code}  # of kinetic energy
    names = codes | {PREFIX.sub("", code) for code in codes}
    refused = {name.upper() for name in dispersion._black_list}
    return sorted(n.lower() for n in names - refused if is_functional(form.format(n)))


def main() -> None:
    """Print all names."""
    names = {
        "functional": functionals("{}"),
        "exchange functional": functionals("{},"),
        "correlation functional": functionals(",{}"),
        "basis set": sorted({*basis.ALIAS, *basis.GTH_ALIAS}),
        # Without and with the energy of three bodies.
        "dispersion": [f"{d}{end}" for d in dispersion.DISP_VERSIONS for end in ("", "2b", "atm")],
    }
    print(json.dumps({"pyscf": pyscf.__version__, "names": names}, indent=0))


if __name__ == "__main__":
    main()
