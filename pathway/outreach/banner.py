"""What every page shows of drug alerts: an adapter to the request."""

from flask import g

from pathway.nights import london
from pathway.outreach import alerts
from pathway.outreach.alerts import AlertFacts
from pathway.staff.acting import who


def drug_alerts() -> list[AlertFacts]:
    """Return the alerts of today in London for whoever is signed in: one look for each page."""
    act = who()
    if act is None:
        return []
    if "drug_alerts" not in g:
        g.drug_alerts = alerts.standing(london(act.at).date())
    found: list[AlertFacts] = g.drug_alerts
    return found
