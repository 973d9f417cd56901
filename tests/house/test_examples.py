"""The examples in docstrings are what the code does."""

import doctest
import importlib

import pytest

from pathway.config import ROOT
from tests.house.source import modules

WITH_EXAMPLES = [path for path, _ in modules() if ">>> " in (ROOT / path).read_text("utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_the_examples_of_a_module_hold(path: str) -> None:
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
