"""Who is on duty now, and when an alarm goes to the next."""

STEPS = (1, 2, 3)
"""In which order those on duty are told: first, second and third on call (ours)."""
