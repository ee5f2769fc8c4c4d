"""What runs on the compute node: ``python -m runner job.json`` in the folder of the job.

It is copied there as it stands, so it imports the compute environment only (numpy, PySCF, tblite,
geomeTRIC, dftd4) and nothing of the rest of the package.
"""
