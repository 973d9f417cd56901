"""What is kept of people, given to them, and asked about."""
