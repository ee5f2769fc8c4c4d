"""Study files of the tests: draft settings cut to the least that goes through every part."""

from pathlib import Path

PLUGINS = Path(__file__).parents[1] / "plugins"
"""Where Python finds the package of the toy engine."""

METHANOL = """\
material: {name: methanol, smiles: CO}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
  - heat_of_vaporization: {temperature: 298.15, pressure: 1.01325}
overrides:
  learning: {molecule: {max_points: 4}, pairs: {max_points: 4}}
  sampling: {random: 10, squeezed: 10, liquid: 5, most_liquid: 5, uncertain: 5, thermal: 3,
    rounds: 2, target_error: 1.0e-6}
  liquid: {atoms: 360, cutoff: 6.0, equilibration: 2.0, production: 2.0, frames: 2}
  simulation: {atoms: 360, cutoff: 6.0, seeds: [1], equilibration: 2.0, production: 4.0,
    gas: {equilibration: 1.0, production: 10.0}}
  properties: {density: {target_error: 1.0}, heat_of_vaporization: {target_error: 100.0}}
  max_concurrent: 4
"""

MIXTURE = """\
system:
  name: water and methanol
  species:
    - {name: water, smiles: O}
    - {name: methanol, smiles: CO}
  solvent: {mole: {water: 0.5, methanol: 0.5}}
protocol: draft
properties:
  - density: {temperature: 298.15, pressure: 1.01325}
overrides:
  learning: {molecule: {max_points: 4}, pairs: {max_points: 4}}
  sampling: {pair_scans: 2, random: 6, squeezed: 6, liquid: 6, most_liquid: 6, uncertain: 3,
    thermal: 2}
  liquid: {atoms: 360, cutoff: 6.0, equilibration: 2.0, production: 2.0, frames: 2}
  simulation: {atoms: 360, cutoff: 6.0, seeds: [1], equilibration: 2.0, production: 4.0}
  properties: {density: {target_error: 1.0}}
  max_concurrent: 4
"""

LITHIUM = """\
material: {name: lithium ion, smiles: "[Li+]"}
protocol: draft
overrides:
  learning: {pairs: {max_points: 4}}
  sampling: {random: 6, squeezed: 6}
"""

# A molecule that the toy engine has as a liquid. All of it but the QM is as in any other study.
TOY = """\
material: {name: methane, smiles: C}
protocol: draft
properties:
  - density: {temperature: 100.0, pressure: 1.01325}
overrides:
  reference: {engine: toy, tblite: null, mean_field: null, structure: null, density_fit: null,
    relaxation: {engine: toy, method: null}}
  molecule: {engine: toy, tblite: null, relaxation: {engine: toy, method: null}}
  dimers: {engine: toy, tblite: null}
  learning: {molecule: {max_points: 4}, pairs: {max_points: 4}}
  sampling: {random: 10, squeezed: 10, liquid: 5, most_liquid: 5, uncertain: 5, thermal: 3,
    rounds: 2, target_error: 1.0e-6}
  liquid: {atoms: 360, cutoff: 6.0, equilibration: 2.0, production: 2.0, frames: 2}
  simulation: {atoms: 360, cutoff: 6.0, seeds: [1], equilibration: 2.0, production: 4.0}
  properties: {density: {target_error: 1.0}}
"""
