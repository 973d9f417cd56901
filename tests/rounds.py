"""How often the tests that kill processes do it: ``PATHWAY_ROUNDS``, once without it."""

import os

ROUNDS = max(1, int(os.environ.get("PATHWAY_ROUNDS") or 1))

FEWER = max(1, ROUNDS // 10)
"""For rounds that wait some seconds each, such as for another process to take over."""
