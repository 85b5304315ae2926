"""Two runs compared: what became better or worse, and what one looked at and the other did not."""
