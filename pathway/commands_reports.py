"""The commands of ``pathway`` that report what the records add up to."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from pathway.console import database, refuse

if TYPE_CHECKING:
    from pathway.acts import Act
    from pathway.reports.rules import Asked
    from pathway.reports.shown import Measure

NAMES = ("rough-sleeping", "framework", "occupancy", "unmet")

WIDTH = 78


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--from", "first", metavar="D", help="The first night, like 2023-04-01.")
@click.option("--to", "last", metavar="D", help="The last night.")
@click.option(
    "--as-of", metavar="D", help="Leave out nights that were not over at noon of this day."
)
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
def report(name: str, first: str | None, last: str | None, as_of: str | None, wanted: str) -> None:
    """Print a measure as a manager sees it: exact numbers, nobody's name."""
    with database():
        from pathway import acts
        from pathway.acts import Act
        from pathway.reports.shown import MEASURES
        from pathway.staff.doing import Role

        asked = _asked({"from": first, "to": last, "as_of": as_of})
        act = Act(acts.now(), None, "Pathway", frozenset({Role.MANAGER.value}))
        click.echo(_written(MEASURES[name], act, asked, wanted), nl=False)


def _asked(said: dict[str, str | None]) -> "Asked":
    """Return what was asked for, or refuse it in one line."""
    from marshmallow import ValidationError

    from pathway.reports.schemas import PeriodAsked

    try:
        asked: Asked = PeriodAsked().load({name: day for name, day in said.items() if day})
    except ValidationError as fault:
        told = fault.messages_dict.items()
        refuse(" ".join(f"--{name.replace('_', '-')}: {' '.join(why)}" for name, why in told))
    return asked


def _written(measure: "Measure", act: "Act", asked: "Asked", wanted: str) -> str:
    from pathway import audit
    from pathway.csvexport import written
    from pathway.db import transaction
    from pathway.reports import schemas

    told = measure.answer(act, asked)
    with transaction():
        period = {"from": str(told["first"]), "to": str(told["last"])}
        audit.record(act, f"report {measure.name}", f"measure:{measure.name}", period)
    if wanted == "csv":
        return written(measure.columns, measure.rows(told))
    if wanted == "text":
        return _text(measure, told)
    shape = {
        "rough-sleeping": schemas.SleepingShown,
        "framework": schemas.FrameworkShown,
        "occupancy": schemas.OccupancyShown,
        "unmet": schemas.UnmetShown,
    }[measure.name]
    return json.dumps(shape().dump(told), indent=2) + "\n"


def _text(measure: "Measure", told: dict[str, Any]) -> str:
    """Return a measure as a table to read, with its rule below."""
    from pathway.nights import day

    heading = f"{measure.title}, nights of {day(told['first'])} to {day(told['last'])}"
    table = _aligned([measure.columns, *measure.rows(told)])
    rule = click.wrap_text(told["definition"], WIDTH)
    source = click.wrap_text(f"Source: {told['source']}", WIDTH)
    return f"{heading}\n\n{table}\n\n{rule}\n\n{source}\n"


def _aligned(rows: Iterable[Sequence[object]]) -> str:
    """Return rows under one another: words to the left, numbers to the right."""
    lines = list(rows)
    widths = [max(len(str(cell)) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(map(_cell, line, widths, [True, True, *[False] * len(widths)])).rstrip()
        for line in lines
    )


def _cell(cell: object, width: int, words: bool) -> str:
    """Return a cell; the first two columns of a measure hold words where they hold text."""
    return cell.ljust(width) if words and isinstance(cell, str) else f"{cell!s:>{width}}"
