"""People who sign in, and what a role may do."""
