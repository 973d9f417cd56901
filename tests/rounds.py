"""How often a drill that kills processes is repeated."""

import os

ROUNDS = int(os.environ.get("PATHWAY_ROUNDS", "1"))
"""One in ``make test``, more in CI, hundreds in ``make drill``."""
