"""Every module stands on what it imports itself, whatever else was imported before."""

import subprocess
import sys

import pytest

from pathway.config import ROOT
from tests.house.source import PACKAGE

MODELS = sorted(
    str(path.relative_to(ROOT)).removesuffix(".py").replace("/", ".")
    for path in PACKAGE.rglob("models.py")
)


@pytest.mark.parametrize("module", MODELS)
def test_tables_know_the_tables_they_point_to(module: str) -> None:
    code = (
        f"import {module}\n"
        "from sqlalchemy.orm import configure_mappers\n"
        "from pathway.db import Base\n"
        "configure_mappers()\n"
        "[key.column for table in Base.metadata.sorted_tables for key in table.foreign_keys]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
