"""How fast and how large: Treue against plain SQL and pandas (``python -m bench``)."""
