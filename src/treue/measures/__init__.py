"""From a history to figures: one file a family of measures."""
