"""The provider: Twilio, through its own library."""

import logging
import threading
from datetime import datetime
from typing import Any

import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from pathway import config
from pathway.messages.rules import (
    CALL_SECONDS,
    LARGEST_ERROR,
    OUTWARD,
    SID,
    NotSent,
    Outgoing,
    Report,
    TextState,
    Verdict,
    validity,
    verdict,
)

HOME = "https://api.twilio.com"
"""The provider's own base address."""

LOOKED_AT = 50
"""How many texts to one number are looked through at a time, the newest first (ours)."""

MOST_PAGES = 20
"""How many times so many are looked through at most (ours)."""

_quiet = logging.getLogger("pathway.twilio")
_quiet.disabled = True
"""The library would log numbers and bodies."""


_UNREADABLE = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)
"""What the library raises when no answer came, or none that it can read."""


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """The library's HTTP client, which may speak to another base address."""

    def __init__(self, api: str | None) -> None:
        super().__init__(timeout=CALL_SECONDS, logger=_quiet)
        self._api = api

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if self._api is not None:
            url = self._api + url.removeprefix(HOME)
        return super().request(method, url, *args, **kwargs)


class Provider:
    """The account that texts go out from; safe to use from several threads."""

    def __init__(self, settings: config.Twilio, public_url: str) -> None:
        self._settings = settings
        self._public_url = public_url
        self._mine = threading.local()

    @property
    def _client(self) -> Client:
        """Return this thread's client: the library's session is not for sharing."""
        if not hasattr(self._mine, "client"):
            told = self._settings
            self._mine.client = Client(
                told.account_sid, told.auth_token, http_client=_Http(told.api)
            )
        client: Client = self._mine.client
        return client

    def send(self, text: Outgoing, now: datetime) -> Report:
        """Hand one text over.

        Raises:
            NotSent: it was not taken, or nobody knows.
        """
        sender = self._settings.sender
        by = {"messaging_service_sid" if sender.startswith("MG") else "from_": sender}
        try:
            made = self._client.messages.create(
                to=text.to,
                body=text.body,
                status_callback=f"{self._public_url}/twilio/status?text={text.id}",
                validity_period=validity(text.good_until, now),
                **by,
            )
            return _report(made)
        except (TwilioRestException, TwilioServiceException) as problem:
            raise NotSent(verdict(int(problem.status)), problem.code or None) from None
        except requests.RequestException as problem:
            unreached = Verdict.NOT_TAKEN if _never_connected(problem) else Verdict.UNSURE
            raise NotSent(unreached) from None
        except _UNREADABLE:
            raise NotSent(Verdict.UNSURE) from None

    def find(self, text: Outgoing, since: datetime) -> list[Report]:
        """Return the texts that may be this one, oldest first.

        One whose words the account does not keep counts as well: better one
        text too few than the same text twice.

        Raises:
            NotSent: the provider could not be asked.
        """
        try:
            return [
                _report(one)
                for one in reversed(self._lately(text.to, since))
                if one.direction == "outbound-api"
                and (not one.body or one.body.strip().endswith(text.body.strip()))
                and one.date_created >= since
            ]
        except _UNREADABLE:
            raise NotSent(Verdict.UNSURE) from None

    def _lately(self, to: str, since: datetime) -> list[Any]:
        """Return the texts to one number, newest first, until some are older than a moment."""
        found: list[Any] = []
        page = self._client.messages.page(to=to, page_size=LOOKED_AT)
        for _ in range(MOST_PAGES):
            shown = list(page)
            found += shown
            if not shown or any(one.date_created < since for one in shown):
                return found
            page = page.next_page()
            if page is None:
                return found
        raise ValueError("the provider lists texts without an end")

    def fetch(self, sid: str) -> Report:
        """Return what became of one text.

        Raises:
            NotSent: the provider could not be asked, or does not know it.
        """
        try:
            return _report(self._client.messages(sid).fetch())
        except _UNREADABLE:
            raise NotSent(Verdict.UNSURE) from None


def _report(made: Any) -> Report:
    """Return what the provider says, or refuse what is no report: a name must be one."""
    if not isinstance(made.sid, str) or not SID.fullmatch(made.sid):
        raise ValueError("the provider answered without a name for the text")
    state, error = TextState(made.status), int(made.error_code or 0)
    if state not in OUTWARD or not 0 <= error <= LARGEST_ERROR:
        raise ValueError("the provider answered what no text of ours can be")
    return Report(made.sid, state, error or None)


def _never_connected(problem: requests.RequestException) -> bool:
    """Return whether not a byte of the call can have arrived."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    inner = problem.args[0] if problem.args else None
    return isinstance(getattr(inner, "reason", None), (NewConnectionError, ConnectTimeoutError))
