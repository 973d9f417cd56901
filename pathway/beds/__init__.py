"""Beds, placements and tonight's board."""
