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


def is_functional(name: str) -> bool:
    """Whether PySCF reads a name as a functional, as exchange or as correlation."""
    for text in (name, f"{name},", f",{name}"):
        with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception):
            hybrid, functionals = libxc.parse_xc(dispersion.parse_dft(text)[0])
            if functionals or any(hybrid):
                return True
    return False


def functionals() -> list[str]:
    """Functionals in small letters without dashes, with and without libxc's prefix of a family."""
    codes = {*libxc.XC_CODES, *libxc.XC_ALIAS, *map(str.upper, dispersion._white_list)}
    codes = {code for code in codes if "_K_" not in code}  # of kinetic energy
    names = codes | {PREFIX.sub("", code) for code in codes}
    return sorted({re.sub("[-_]", "", name).lower() for name in names if is_functional(name)})


def main() -> None:
    """Print all names."""
    names = {
        "functionals": functionals(),
        "bases": sorted({*basis.ALIAS, *basis.GTH_ALIAS}),
        # Without and with the energy of three bodies.
        "dispersions": [f"{d}{end}" for d in dispersion.DISP_VERSIONS for end in ("", "2b", "atm")],
    }
    print(json.dumps({"pyscf": pyscf.__version__, "names": names}, indent=0))


if __name__ == "__main__":
    main()
