"""Conversion factors between atomic units and the runner's eV, Å, Debye (CODATA 2018)."""

HARTREE = 27.211386245988  # eV
BOHR = 0.529177210903  # Å
DEBYE = 2.541746473  # e bohr
