"""A person, and how we find them again."""
