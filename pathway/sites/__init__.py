"""Organisations and sites: who they are, what they admit, whom to ring."""
