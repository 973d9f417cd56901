"""Pathway coordinates rough sleeping and drug treatment for Camden.

The map of the house. A package is a thing the service does, and every package
has the same rooms: ``rules`` (pure), ``models`` (tables), ``queries`` (reads),
``actions`` (verbs; they flush and never commit), ``schemas`` (shapes of input
and output), ``pages`` and ``api`` (thin views).

``sites``        organisations and sites: who they are and what they admit
``staff``        people who sign in, and the one table of what a role may do
``messages``     texts out and in, and the notices that become texts
``duty``         the rota, alarms, and walks from which somebody must come back
``people``       a person, how we find them again, and what warns of them
``assessments``  what is found out about a person: versions, notes, concerns
``outreach``     the street: contacts, shifts, promises, counts, who is new
``beds``         beds, placements and tonight's board
``referrals``    treatment referrals and releases from custody (to come)
``swep``         severe weather: activations, venues and plans (to come)
``reports``      measures, their files, and the people behind a number
``trail``        reading the audit trail
``desk``         pages that compose several packages

Each imports only from those that stand above it here.

Beside them: ``web`` puts the application together, ``commands`` is the command
line, ``db`` holds the only commit, ``engines`` what the two databases are told,
``acts`` the only clock, ``nights`` what a night is, ``problems`` every error's
page, ``audit`` the trail, ``seals`` what shows that it was changed,
``idempotency`` copies of a request, ``fields`` what forms and programs send,
``schema`` the migrations, ``timetable`` and ``jobs`` what happens by itself,
``demo`` and ``published`` people who do not exist.

Import this package and nothing heavy happens: :func:`pathway.web.create_app`
builds the application.
"""

__version__ = "0.1.0"
