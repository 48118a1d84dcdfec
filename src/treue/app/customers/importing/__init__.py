"""Bringing in files: read by the library, written set by set, all of a file or nothing."""
