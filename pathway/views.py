"""Every page and every call of the house: what :mod:`pathway.web` serves."""

from pathway.beds import capacity_pages, moves_pages, paper_pages, waiting_pages
from pathway.beds.api import blp as beds_api
from pathway.beds.door_pages import bp as door
from pathway.beds.life_api import blp as life_api
from pathway.beds.moves_api import blp as moves_api
from pathway.beds.pages import bp as beds_pages
from pathway.beds.waiting_api import blp as waiting_api
from pathway.desk import (
    adding,
    assess,
    card,
    cautions,
    concerns,
    consents,
    contact,
    counts,
    death,
    drug_alerts,
    handover,
    hub,
    inbound,
    jobs,
    notes,
    numbers,
    phone,
    place,
    promises,
    record,
    same,
    texts,
    ties,
    timeline,
    turned_away,
    watch,
)
from pathway.desk import who as who_was
from pathway.desk.alike_api import blp as alike_api
from pathway.desk.api import blp as record_api
from pathway.desk.assess_api import blp as assess_api
from pathway.desk.consent_api import blp as consent_api
from pathway.desk.health import bp as health
from pathway.desk.metrics import bp as metrics
from pathway.desk.pages import bp as desk
from pathway.desk.street_api import blp as street_api
from pathway.desk.timeline_api import blp as timeline_api
from pathway.desk.trail import bp as trail
from pathway.duty import pages as duty
from pathway.duty.api import blp as walks_api
from pathway.messages.inbox_pages import bp as notices
from pathway.outreach import morning_pages, shift_pages
from pathway.outreach.pages import bp as street
from pathway.people.api import blp as people_api
from pathway.privacy import hold_pages, retention_pages
from pathway.privacy.pages import bp as privacy
from pathway.reports import street_pages, unmet_pages
from pathway.reports.api import blp as reports_api
from pathway.reports.pages import bp as reports
from pathway.staff import account, organisation_pages, pages, roster, screens

VIEWS = (
    adding.bp,
    beds_pages,
    moves_pages.bp,
    paper_pages.bp,
    capacity_pages.bp,
    assess.bp,
    card.bp,
    cautions.bp,
    notes.bp,
    contact.bp,
    concerns.bp,
    consents.bp,
    death.bp,
    drug_alerts.bp,
    desk,
    door,
    duty.bp,
    handover.bp,
    health,
    hold_pages.bp,
    hub.bp,
    metrics,
    morning_pages.bp,
    numbers.bp,
    counts.bp,
    jobs.bp,
    notices,
    phone.bp,
    place.bp,
    privacy,
    promises.bp,
    record.bp,
    reports,
    same.bp,
    retention_pages.bp,
    shift_pages.bp,
    street,
    street_pages.bp,
    texts.bp,
    ties.bp,
    timeline.bp,
    trail,
    turned_away.bp,
    unmet_pages.bp,
    waiting_pages.bp,
    watch.bp,
    who_was.bp,
)

STAFF_PAGES = (pages.bp, organisation_pages.bp, account.bp, screens.bp, roster.bp)

SIGNED = (texts.hooks, inbound.bp)
"""What the provider of texts calls: its signature stands for a form's token."""

API = (
    people_api,
    alike_api,
    record_api,
    assess_api,
    consent_api,
    beds_api,
    moves_api,
    life_api,
    waiting_api,
    walks_api,
    street_api,
    reports_api,
    timeline_api,
)
"""What answers in JSON to a token."""
