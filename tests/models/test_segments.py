"""Segments drawn toward the whole come nearer to the truth than segments fitted alone."""

import numpy as np
import pytest

from treue.kernel.errors import NotEnoughData
from treue.models.bg_nbd import BgNbd
from treue.models.mbg_nbd import MbgNbd
from treue.models.segments import fit_segments
from treue.models.summary import Summary

CENTRE = np.array([0.8, 6.0, 0.9, 2.5])


def firm(model_class, segments, n, spread, rng):
    """Return the true parameters' logarithms and a summary of each segment."""
    truth, summaries = {}, {}
    for number in range(segments):
        log_parameters = np.log(CENTRE) + rng.normal(0, spread, 4)
        model = model_class(*np.exp(log_parameters).tolist(), unit="week")
        truth[f"s{number}"] = log_parameters
        summaries[f"s{number}"] = Summary.of(*model.simulate(rng.uniform(20, 60, n), rng), unit="week")
    return truth, summaries


def logs(model):
    return np.log(list(model.parameters.values()))


@pytest.mark.parametrize("model_class", [BgNbd, MbgNbd])
def test_shrunk_fits_have_a_smaller_error_than_separate_ones(model_class):
    rng = np.random.default_rng(20260101)
    apart, together = [], []
    for _ in range(4):
        truth, summaries = firm(model_class, 10, 400, 0.25, rng)
        found = fit_segments(model_class, summaries)
        for name in found.alone:
            apart.append(logs(model_class.fit(summaries[name])) - truth[name])
            together.append(logs(found.fits[name]) - truth[name])
    separate, shrunk = np.mean(np.square(apart)), np.mean(np.square(together))
    assert len(apart) > 30
    assert shrunk < 0.5 * separate


def test_segment_that_cannot_be_fitted_alone_gets_a_fit_near_the_whole():
    rng = np.random.default_rng(20260101)
    _, summaries = firm(BgNbd, 6, 1500, 0.2, rng)
    summaries["tiny"] = Summary.of([0, 0, 1], [0, 0, 3], [10, 20, 30], unit="week")
    found = fit_segments(BgNbd, summaries)
    assert "tiny" in found.fits
    assert "tiny" not in found.alone
    assert np.abs(logs(found.fits["tiny"]) - logs(found.pooled)).max() < 3 * max(found.spread.values())


def test_large_segments_keep_their_own_fit():
    rng = np.random.default_rng(20260101)
    _, summaries = firm(BgNbd, 4, 8000, 0.6, rng)
    found = fit_segments(BgNbd, summaries)
    for name, summary in summaries.items():
        alone = BgNbd.fit(summary)
        distance = (logs(found.fits[name]) - logs(alone)) / np.sqrt(np.diag(alone.optimum.covariance))
        assert np.abs(distance).max() < 0.7
        assert found.fits[name].log_likelihood <= alone.log_likelihood + 1e-6


def test_equal_segments_are_drawn_together():
    rng = np.random.default_rng(20260101)
    _, summaries = firm(BgNbd, 12, 500, 0.0, rng)
    found = fit_segments(BgNbd, summaries)
    scatter = np.std([logs(fit) for fit in found.fits.values()], axis=0)
    alone = np.std([logs(BgNbd.fit(summaries[name])) for name in found.alone], axis=0)
    assert (scatter < 0.6 * alone).all()


def test_one_segment_is_the_whole():
    rng = np.random.default_rng(20260101)
    _, summaries = firm(BgNbd, 1, 2000, 0.0, rng)
    found = fit_segments(BgNbd, summaries)
    assert np.allclose(logs(found.fits["s0"]), logs(found.pooled), atol=1e-4)


def test_no_segment_is_refused():
    with pytest.raises(NotEnoughData, match="segments=0"):
        fit_segments(BgNbd, {})
