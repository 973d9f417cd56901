"""Where the outside specifications are: ``PATHWAY_SHARED``, or beside this repository."""

import os
from pathlib import Path

from pathway.config import ROOT

SHARED = Path(os.environ.get("PATHWAY_SHARED") or ROOT.parent / "shared")
