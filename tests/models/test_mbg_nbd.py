"""MBG/NBD against simulation: it must be right for one-time buyers, where BG/NBD cannot."""

import numpy as np

from treue.models.mbg_nbd import MbgNbd
from treue.models.summary import Summary

MODEL = MbgNbd(0.8, 6.0, 0.9, 2.5, unit="week")
AGE = 30.0


def test_fit_recovers_planted_parameters(lives):
    seen = lives(MODEL, 40_000, AGE, 0, 20260101)
    found = MbgNbd.fit(Summary.of(seen.x, seen.t_x, np.full(40_000, AGE)))
    distance = (found.optimum.parameters - list(MODEL.parameters.values())) / found.optimum.standard_errors
    assert np.abs(distance).max() < 3
