"""Errors, the result object, intervals, units and the list of measures."""
