"""The canonical history, the sources it comes from, and what is derived from it once."""
