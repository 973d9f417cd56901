"""What is kept of people, for how long and why: export, retention, erasure, legal holds."""
