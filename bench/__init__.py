"""The benchmarks: what the service costs, beside what the same work costs bare.

Speeds in requests per second say little on another machine, so wherever it can
be done a figure is a ratio: the service beside a bare Flask view that does the
least work which is still right, behind the same server, in the same run, turn
by turn. ``python -m bench`` runs everything; names after it run some parts.
"""
