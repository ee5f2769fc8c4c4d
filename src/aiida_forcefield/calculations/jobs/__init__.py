"""CalcJobs: programs, and what would keep a daemon worker from its other work."""
