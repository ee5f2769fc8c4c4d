"""From a structure to a force field and predicted properties, from quantum mechanics alone."""
