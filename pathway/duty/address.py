"""Where a text about an alarm leads: an adapter to the application's configuration."""

from flask import current_app

PAGE = "/alarms"


def alarms_page() -> str:
    """Return the address of the page of alarms, as people open it on a phone."""
    return f"{current_app.config['PUBLIC_URL']}{PAGE}"
