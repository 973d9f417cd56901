"""Pathway coordinates rough sleeping and drug treatment for Camden.

The map of the house. A package is a thing the service does, and every package
has the same rooms: ``rules`` (pure), ``models`` (tables), ``queries`` (reads),
``actions`` (verbs; they flush and never commit), ``schemas`` (shapes of input
and output), ``pages`` and ``api`` (thin views).

``sites``      organisations and sites: who they are and what they admit
``staff``      people who sign in, and the one table of what a role may do
``people``     a person, and how we find them again
``beds``       beds, placements and tonight's board
``trail``      reading the audit trail
``desk``       pages that compose several packages
``referrals``  treatment referrals and releases from custody (to come)
``swep``       severe weather: activations, venues and plans (to come)

Beside them: ``web`` puts the application together, ``commands`` is the command
line, ``db`` holds the only commit, ``engines`` what the two databases are told,
``acts`` the only clock, ``problems`` every error's page, ``audit`` the trail,
``seals`` what shows that it was changed, ``idempotency`` copies of a request,
``schema`` the migrations.

Import this package and nothing heavy happens: :func:`pathway.web.create_app`
builds the application.
"""

__version__ = "0.1.0"
