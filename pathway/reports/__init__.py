"""What the records add up to: measures, exports and published figures. Reads only."""
