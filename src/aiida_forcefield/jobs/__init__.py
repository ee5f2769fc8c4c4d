"""What is computed outside of AiiDA's workers: one task in, one result out, in plain files.

Whatever takes longer than two seconds and is no program of others runs as ``python -m
aiida_forcefield.jobs NAME``. Each job is a function in a file of its own from one dataclass to
another; both are kept as JSON and arrays (`aiida_forcefield.serial`). No AiiDA is imported.
"""
