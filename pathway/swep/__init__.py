"""The Severe Weather Emergency Protocol: forecast, activation, venues and plans."""
