"""The gate: what may be accepted, what a run exits with."""
