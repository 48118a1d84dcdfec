"""Maximum likelihood by damped Newton steps on the log scale, with standard errors for free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import DidNotConverge

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Derivatives = Callable[[Vector], tuple[float, Vector, NDArray[np.float64]]]

STEPS = 200
GRADIENT_TOLERANCE = 1e-8
"""Per customer: the log-likelihood's slope at which a fit counts as done."""

BOUND = 15.0
"""A parameter beyond exp(15) or below exp(-15) has run away: the data do not identify it."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The maximum of a log-likelihood.

    Parameters
    ----------
    parameters : numpy.ndarray, shape (k,)
        Positive parameters at the maximum.
    log_likelihood : float
        Its value there.
    covariance : numpy.ndarray, shape (k, k)
        Of the parameters' logarithms, from the inverse of the negative Hessian.
    steps : int
        Newton steps taken.
    """

    parameters: Vector
    log_likelihood: float
    covariance: NDArray[np.float64]
    steps: int

    @property
    def standard_errors(self) -> Vector:
        """Standard errors of the parameters (delta method from the log scale), shape (k,)."""
        errors: Vector = self.parameters * np.sqrt(np.diag(self.covariance))
        return errors

    @property
    def correlation(self) -> NDArray[np.float64]:
        """Correlation matrix of the parameters' logarithms, shape (k, k)."""
        spread = np.sqrt(np.diag(self.covariance))
        matrix: NDArray[np.float64] = self.covariance / np.outer(spread, spread)
        return matrix


def maximise(derivatives: Derivatives, start: Vector, n: float, model: str) -> Optimum:
    """Return the maximum of a log-likelihood of positive parameters.

    Parameters
    ----------
    derivatives : callable
        Takes parameters, shape (k,), and returns the log-likelihood, its gradient, shape (k,), and its
        Hessian, shape (k, k), all with respect to the parameters themselves.
    start : numpy.ndarray, shape (k,)
        Positive starting values.
    n : float
        Number of customers, which scales the tolerance.
    model : str
        Name for the error message.

    Returns
    -------
    Optimum
        Parameters, log-likelihood, covariance.

    Raises
    ------
    DidNotConverge
        When a parameter runs away or no step improves: the data do not identify the model.
    """
    theta = np.log(np.asarray(start, dtype=float))
    value, gradient, hessian = _on_log_scale(derivatives, theta)
    damping = 1e-3
    for step in range(STEPS):
        if np.abs(theta).max() > BOUND:
            break
        if np.abs(gradient).max() <= GRADIENT_TOLERANCE * n:
            return Optimum(np.exp(theta), value, _inverse(-hessian, model), step)
        move = _damped_step(gradient, hessian, damping)
        trial = theta + move
        trial_value, trial_gradient, trial_hessian = _on_log_scale(derivatives, trial)
        if np.isfinite(trial_value) and trial_value >= value - 1e-12 * abs(value):
            theta, value, gradient, hessian = trial, trial_value, trial_gradient, trial_hessian
            damping = max(damping / 10, 1e-12)
        else:
            damping *= 10
            if damping > 1e12:
                break
    raise DidNotConverge(
        f"model={model!r} did not settle (parameters {np.array2string(np.exp(theta), precision=3)}): customers "
        "differ too little, or too few came back, for these data to identify it; use a longer history"
    )


def _on_log_scale(derivatives: Derivatives, theta: Vector) -> tuple[float, Vector, NDArray[np.float64]]:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        parameters = np.exp(np.clip(theta, -60, 60))
        value, gradient, hessian = derivatives(parameters)
    log_gradient = gradient * parameters
    log_hessian = hessian * np.outer(parameters, parameters) + np.diag(log_gradient)
    return value, log_gradient, log_hessian


def _damped_step(gradient: Vector, hessian: NDArray[np.float64], damping: float) -> Vector:
    """Return an ascent step: the Hessian's eigenvalues are turned to the right sign and damped."""
    values, vectors = np.linalg.eigh(-hessian)
    scale = np.abs(values).max() or 1.0
    size = np.maximum(np.abs(values), 1e-10 * scale) + damping * scale
    step: Vector = vectors @ ((vectors.T @ gradient) / size)
    length = float(np.abs(step).max())
    return step / max(1.0, length / 2.0)


def _inverse(information: NDArray[np.float64], model: str) -> NDArray[np.float64]:
    values = np.linalg.eigvalsh(information)
    if values.min() <= 1e-12 * values.max():
        raise DidNotConverge(
            f"model={model!r} is not identified: the likelihood is flat in one direction; use a longer history, "
            "or a model with fewer parameters"
        )
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
