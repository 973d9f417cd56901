"""A provider on the loopback, and the sender's steps as a job takes them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from pathway import acts, config
from pathway.acts import by_service
from pathway.db import db, transaction
from pathway.messages import actions, sender
from pathway.messages.models import Text
from pathway.messages.rules import Purpose
from pathway.messages.twilio import Provider
from tests.provider import ACCOUNT, NUMBER, TOKEN, Standin, standing_in

TO = "+447700900123"
BODY = "Somebody is coming to bed 3 by 22:15."


@pytest.fixture
def standin() -> Iterator[Standin]:
    with standing_in() as one:
        yield one


class Desk:
    """The outbox of one application, worked step by step at any moment."""

    def __init__(self, standin: Standin) -> None:
        told = config.Twilio(ACCOUNT, TOKEN, NUMBER, standin.address)
        self.provider: Provider | None = Provider(told, "https://pathway.example.org")
        self.standin = standin

    def queue(self, body: str = BODY, to: str = TO, purpose: Purpose = Purpose.NOTICE) -> int:
        with transaction():
            made = actions.queue(by_service(acts.now()), to=to, body=body, purpose=purpose)
        assert made is not None
        return made

    def send(self, after: timedelta = timedelta(0)) -> int:
        with ThreadPoolExecutor(4) as calls:
            act = by_service(moment(after))
            return len(sender.send_batch(act, lambda: None, self.provider, calls))

    def sweep(self, after: timedelta = timedelta(0)) -> None:
        sender.sweep(by_service(moment(after)), lambda: None, self.provider)

    def text(self, ident: int) -> Text:
        db.session.rollback()
        found = db.session.scalar(
            select(Text).where(Text.id == ident).execution_options(populate_existing=True)
        )
        assert found is not None
        return found

    def state(self, ident: int) -> str:
        return self.text(ident).state


def moment(after: timedelta) -> datetime:
    return acts.now() + after


@pytest.fixture
def desk(store: Flask, standin: Standin) -> Desk:
    return Desk(standin)
