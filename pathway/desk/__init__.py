"""Pages that compose several packages; no models and no rules of their own."""
