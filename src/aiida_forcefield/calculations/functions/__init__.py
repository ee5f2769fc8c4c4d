"""Calcfunctions: what takes less than two seconds of a daemon worker."""
