"""What the tables of each app say of the persons in them; see :mod:`treue.app.privacy.declared`."""
