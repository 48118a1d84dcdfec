"""The loyalty ladder: where each customer stands, since when, why, and how people move on it."""
