"""Figures become one page: what to know, what to do this week, and what cannot be told yet."""
