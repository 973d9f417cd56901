"""The background jobs: the timetable, and what each job does."""
