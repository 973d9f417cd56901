"""What every command shares: the database, and refusals as one clear line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from flask import Flask


@contextmanager
def database() -> Iterator["Flask"]:
    """Work on the database, with refusals as one clear line."""
    from pathway import config
    from pathway.db import bare_app

    with plain_refusals():
        settings = config.read()
        app = bare_app(settings)
        app.config["DEMO"] = settings.demo
        with app.app_context():
            yield app


@contextmanager
def plain_refusals() -> Iterator[None]:
    """Say why something was refused in one line, and exit with 1."""
    from sqlalchemy.exc import DBAPIError

    from pathway.config import SettingsError
    from pathway.errors import Busy, Invalid, Refused

    try:
        yield
    except Invalid as refusal:
        refuse(" ".join(one for told in refusal.errors.values() for one in told))
    except Busy as refusal:
        refuse(f"{refusal.detail} If it stays so, check PATHWAY_DATABASE_URL.")
    except Refused as refusal:
        refuse(refusal.detail)
    except SettingsError as problem:
        refuse(str(problem))
    except DBAPIError as problem:
        missing = "no such table" in str(problem.orig) or "does not exist" in str(problem.orig)
        hint = "Run “pathway upgrade” first." if missing else "Check PATHWAY_DATABASE_URL."
        refuse(f"The database cannot be used ({type(problem.orig).__name__}). {hint}")


def refuse(sentence: str) -> NoReturn:
    """Say why not, and exit with 1."""
    click.echo(sentence, err=True)
    sys.exit(1)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Tell a terminal how far something is, on one line that goes away; a file gets nothing."""
    if not sys.stderr.isatty():
        yield lambda _words: None
        return
    try:
        yield lambda words: click.echo(f"\r\x1b[K{words} …", err=True, nl=False)
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)
