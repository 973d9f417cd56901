"""The commands of ``pathway`` that are about members of staff."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pathway.console import database, refuse

if TYPE_CHECKING:
    from pathway.acts import Act

ROLES = ("outreach", "hub", "hub_lead", "swep_coordinator", "treatment", "manager", "admin")


@click.group()
def staff() -> None:
    """Members of staff."""


@staff.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--organisation", required=True, help="An organisation's code, like shp.")
@click.option("--site", "site_codes", multiple=True, help="A site's code; may be repeated.")
def add_staff(
    email: str, name: str, roles: tuple[str, ...], organisation: str, site_codes: tuple[str, ...]
) -> None:
    """Add a member of staff; print a link, good once, to set a password."""
    with database() as app:
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import actions
        from pathway.staff.doing import Role
        from pathway.staff.rules import SITE_ROLES

        held = [Role(role) for role in roles]
        act = acts.by_service(acts.now())
        with transaction():
            member = actions.add_staff(
                act,
                email=email,
                name=name,
                organisation=organisation,
                roles=held,
                site_codes=site_codes,
            )
            secret = actions.make_link(act, member)
        if not site_codes and SITE_ROLES & set(held):
            click.echo("Note: named for no site yet, so there is nothing to run.", err=True)
        click.echo(f"{app.config['PUBLIC_URL']}/set-password/{secret}")


@staff.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a new link to set a password; an older one ends."""
    with _member(email) as (act, ident):
        from flask import current_app

        from pathway.staff.actions import make_link

        secret = make_link(act, ident)
        address = f"{current_app.config['PUBLIC_URL']}/set-password/{secret}"
    click.echo(address)


@staff.command("left")
@click.argument("email")
def left(email: str) -> None:
    """Let somebody go: nothing of theirs lets them in any more."""
    with _member(email) as (act, ident):
        from pathway.staff.actions import leave

        leave(act, ident)
    click.echo(f"{email} has left. No sign-in, token or link of theirs is good any more.")


@staff.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """Sign somebody out of every browser and shared screen."""
    with _member(email) as (act, ident):
        from pathway.staff.actions import end_sign_ins

        end_sign_ins(act, ident)
    click.echo(f"{email} is signed out everywhere. Their API tokens stay good.")


@staff.command("reset-factor")
@click.argument("email")
def reset_factor(email: str) -> None:
    """Take a lost second factor away, and sign them out everywhere."""
    with _member(email) as (act, ident):
        from pathway.staff.signing_in import remove_factor

        taken = remove_factor(act, ident)
    ended = "now and is signed out everywhere" if taken else "that could be taken away"
    click.echo(f"{email} has no second factor {ended}.")


@staff.command("phone")
@click.argument("email")
@click.argument("number")
def phone(email: str, number: str) -> None:
    """Set the mobile number of a member of staff, without a code."""
    with _member(email) as (act, ident):
        from pathway.staff import phones

        kept = phones.read(number)
        phones.give(act, ident, kept)
    click.echo(f"Texts for {email} go to {kept} from now on.")


@contextmanager
def _member(email: str) -> Iterator[tuple["Act", int]]:
    """Do something with a member of staff who has not left, in one transaction."""
    with database():
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import queries

        known = queries.credentials(email)
        if known is None:
            refuse(f"{email} is no member of staff. Add them with “pathway staff add”.")
        with transaction():
            yield acts.by_service(acts.now()), known.id


@click.command()
@click.argument("email")
@click.option("--revoke", is_flag=True, help="End every token of this member of staff instead.")
def token(email: str, *, revoke: bool) -> None:
    """Print one API bearer token for a member of staff."""
    with database():
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import actions

        act = acts.by_service(acts.now())
        with transaction():
            if revoke:
                click.echo(f"{actions.revoke_tokens(act, email)} tokens ended.")
            else:
                click.echo(actions.make_token(act, email))
