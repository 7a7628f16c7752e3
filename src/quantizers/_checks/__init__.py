"""What fields must be, and what of a value is shown."""
