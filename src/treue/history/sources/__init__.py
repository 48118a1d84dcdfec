"""One file a source: how exports are recognised and read."""
