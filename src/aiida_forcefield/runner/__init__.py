"""What runs on the compute node: ``python runner.pyz job.json`` in the folder of the job.

It is copied there, packed into one file, so it imports the compute environment only (numpy, PySCF,
tblite, geomeTRIC, dftd4) and nothing of the rest of the package.
"""
