"""Several worker processes count together: in files of a folder that goes with the server.

Imports nothing of the service: the folder has to be named before the library
that counts is imported.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""How the library that counts is told of the folder."""


@contextmanager
def counting_together(workers: int) -> Iterator[None]:
    """Let worker processes count together until the block ends; one alone needs no files.

    Raises:
        RuntimeError: the library was imported too early to be told.
    """
    if workers == 1 or FOLDER in os.environ:
        yield
        return
    if "prometheus_client" in sys.modules:
        msg = "prometheus_client was imported before its folder was named"
        raise RuntimeError(msg)
    folder = tempfile.mkdtemp(prefix="pathway-metrics-")
    os.environ[FOLDER] = folder
    maker = os.getpid()
    try:
        yield
    finally:
        # A worker that was forked inside the block leaves it, too, and must leave the folder.
        if os.getpid() == maker:
            del os.environ[FOLDER]
            shutil.rmtree(folder, ignore_errors=True)
