"""The source of the service, as the house tests read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from pathway.config import ROOT

PACKAGE = ROOT / "pathway"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the service by its path, parsed."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[str]:
    """Yield each call as it is written, such as ``session.commit``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def tracked(*endings: str) -> list[Path]:
    """Return the project's own files with these endings."""
    skipped = {".venv", "instance", "vendor", "node_modules", ".git"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file() and path.name.endswith(endings) and not skipped & set(path.parts)
    ]
