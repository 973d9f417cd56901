"""Who is on duty, alarms, and whom they go to when nobody answers."""
