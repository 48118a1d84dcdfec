"""Measuring: the daily cycle, figures and scores."""
