"""The command of ``pathway`` that erases somebody everywhere, and what follows a restore."""

from typing import TYPE_CHECKING

import click

from pathway.console import database, refuse

if TYPE_CHECKING:
    from flask import Flask

    from pathway.acts import Act


@click.command()
@click.argument("ref")
@click.option("--reason", "why", required=True, type=click.Choice(["asked", "mistake", "ordered"]))
@click.option(
    "--despite-concern", is_flag=True, help="An open safeguarding concern does not stop it."
)
@click.option("--again", prompt="Type the reference again", help="The reference, to be sure.")
def erase(ref: str, why: str, again: str, *, despite_concern: bool) -> None:
    """Erase a person everywhere; what counts stands, of nobody."""
    if again.strip() != ref:
        refuse("The two references differ. Nobody was erased.")
    with database() as app:
        from pathway import acts
        from pathway.db import transaction
        from pathway.privacy import erasing
        from pathway.privacy.ledger import Ledger
        from pathway.privacy.rules import Why

        act, ledger = acts.by_service(acts.now()), Ledger(app.config["ERASURES"])
        with transaction():
            erasing.erase(act, ref, ledger, why=Why(why), despite_concern=despite_concern)
    click.echo(f"Erased. It is written down in {ledger.path}: keep that file with the backups.")


def erase_again(app: "Flask", act: "Act") -> None:
    """Erase again whoever a restore brought back; say how many, and whom it leaves."""
    from pathway.privacy import restoring
    from pathway.privacy.ledger import Ledger

    done = restoring.reapply(act, Ledger(app.config["ERASURES"]))
    if done.erased:
        click.echo(f"{done.erased:,} who were erased before were in it again, and are erased.")
    for ref in done.left:
        click.echo(f"{ref} was written of after being erased: a manager decides.", err=True)
