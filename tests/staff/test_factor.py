"""The second factor: who is asked for it, how it is set up, and what never goes round it."""

import pytest

from pathway.staff.rules import Role
from tests.conftest import Ask


@pytest.mark.parametrize("role", list(Role))
def test_every_role_signs_in_through_the_page(signed_in: Ask, role: Role) -> None:
    codes = ("165-hub",) if role in {Role.HUB, Role.HUB_LEAD} else ()
    assert signed_in(role, *codes).get("/account").status_code == 200
