"""Studies: their files, what they would do and did, and how they reach the daemon.

AiiDA and RDKit are imported inside functions, so that a command that needs neither is instant.
"""
