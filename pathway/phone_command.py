"""``pathway staff phone``: the number of a member of staff, set by whoever keeps the machine."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathway.acts import Act

Member = Callable[[str], AbstractContextManager[tuple["Act", int]]]
"""What finds a member of staff by e-mail address and does something in one transaction."""


def phone_command(member: Member) -> click.Command:
    """Return the command; it needs no code, for whoever runs it answers for the number."""

    @click.command("phone")
    @click.argument("email")
    @click.argument("number")
    def phone(email: str, number: str) -> None:
        """Set the mobile number of a member of staff, without a code."""
        with member(email) as (act, ident):
            from pathway.staff import phones

            kept = phones.read(number)
            phones.give(act, ident, kept)
        click.echo(f"Texts for {email} go to {kept} from now on.")

    return phone
