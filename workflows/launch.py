"""Run a study in the profile of ``verdi``.

verdi run workflows/launch.py workflows/methanol.yaml
"""

import sys

from aiida.manage import get_manager

from aiida_forcefield.cli import main

if __name__ == "__main__":
    profile = get_manager().get_profile()
    main(["--profile", profile.name, "launch", "--wait", *sys.argv[1:]])
