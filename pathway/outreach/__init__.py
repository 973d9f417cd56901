"""The street: contacts, shifts, counts, and who is new, stays or came back."""
