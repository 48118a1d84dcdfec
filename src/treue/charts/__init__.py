"""Figures become drawings: Vega-Lite specifications and a few drawings of our own, all as SVG text."""
