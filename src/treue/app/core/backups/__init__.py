"""Backups: everything the database holds as one file, and the same brought back."""
