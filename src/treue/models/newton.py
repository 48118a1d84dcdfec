"""Maximum likelihood by damped Newton steps on the log scale, with standard errors for free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from treue.kernel.errors import DidNotConverge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Derivatives = Callable[[Vector], tuple[float, Vector, NDArray[np.float64]]]
    Troubles = Mapping[str, tuple[str, str]]
    """By letter, in the order of the parameters: what it says of the data that it falls to nothing or grows for ever."""

STEPS = 100
GRADIENT_TOLERANCE = 1e-8
"""Per customer: the log-likelihood's slope at which a fit counts as done."""

STEP_TOLERANCE = 3e-5
"""On the log scale: the next step at which a fit counts as done too, because that step leaves about its square."""

BOUND = 12.0
"""A parameter beyond exp(12) times what the data suggest, or below, has run away: they do not identify it."""

RUN_AWAY = 6.0
"""Beyond exp(6) times what the data suggest, a parameter of a failed fit was on its way to nothing or for ever."""

WIDEST_ERROR = 10.0
"""A standard error of a logarithm beyond which nothing at all is known of a combination of parameters."""


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


def maximise(
    derivatives: Derivatives,
    start: Sequence[float] | Vector,
    n: float,
    model: str,
    troubles: Troubles | None = None,
    middle: Sequence[float] | None = None,
    like: Derivatives | None = None,
) -> Optimum:
    """Return the maximum of a log-likelihood of positive parameters.

    Parameters
    ----------
    derivatives : callable
        Takes parameters, shape (k,), and returns the log-likelihood, its gradient, shape (k,), and its
        Hessian, shape (k, k), all with respect to the parameters themselves.
    start : sequence of float, shape (k,)
        Positive starting values.
    n : float
        Number of customers, which scales the tolerance.
    model : str
        Name for the error message.
    troubles : mapping, optional
        By letter, in the order of the parameters: a sentence on data that let it fall to nothing, and one on
        data that let it grow for ever.
    middle : sequence of float, shape (k,), optional
        Parameters of the size that the data suggest, from which a run-away one is told; default: `start`. It
        carries the units: an alpha in days is large for a firm of centuries, a v in cents for houses.
    like : callable, optional
        A log-likelihood that resembles this one and is quickly evaluated, such as that of some of the customers,
        on the scale of all. It tells how the slope bends on the way, which saves a step, and moves nothing.

    Returns
    -------
    Optimum
        Parameters, log-likelihood, covariance.

    Raises
    ------
    DidNotConverge
        When a parameter runs away or no step improves: the data do not identify the model.
    """
    centre = np.log(np.asarray(start if middle is None else middle, dtype=float))
    try:
        return _climb(derivatives, np.log(np.asarray(start, dtype=float)), n, model, troubles, centre, like)
    except DidNotConverge:
        if middle is None or np.array_equal(start, middle):
            raise
    return _climb(derivatives, centre, n, model, troubles, centre)  # a start too far off leads astray


def _climb(
    derivatives: Derivatives,
    theta: Vector,
    n: float,
    model: str,
    troubles: Troubles | None,
    centre: Vector,
    like: Derivatives | None = None,
) -> Optimum:
    here = _on_log_scale(derivatives, theta)
    # Who brings a start of their own has fitted before: from there Newton's steps are good as they are.
    damping = 1e-3 if np.array_equal(theta, centre) else 1e-6
    for step in range(STEPS):
        value, gradient, hessian = here
        if np.abs(theta - centre).max() > BOUND or not _is_finite(here):
            break
        if np.abs(gradient).max() <= GRADIENT_TOLERANCE * n or _is_near(gradient, hessian):
            covariance = _inverse(-hessian, model, theta, centre, troubles)
            # The next step costs no evaluation and takes away what the tolerance left.
            last = covariance @ gradient
            return Optimum(np.exp(theta + last), value + float(gradient @ last) / 2, covariance, step)
        trial = theta + _damped_step(gradient, hessian, damping)
        if like is not None:
            trial += _bend(like, theta, here, trial, damping)
        there = _on_log_scale(derivatives, trial)
        if _is_finite(there) and there[0] >= value - 1e-12 * abs(value):
            theta, here = trial, there
            damping = max(damping / 10, 1e-12)
        else:
            damping *= 10
            if damping > 1e12:
                break
    raise DidNotConverge(f"model={model!r} did not settle ({_diagnosis(theta, centre, troubles)}")


def _is_near(gradient: Vector, hessian: NDArray[np.float64]) -> bool:
    """Say whether the top is so near that the next step, undamped, leads to it."""
    if not np.isfinite(hessian).all():
        return False
    values, vectors = np.linalg.eigh(-hessian)
    if values.min() <= 0:
        return False
    return bool(np.abs(vectors @ ((vectors.T @ gradient) / values)).max() <= STEP_TOLERANCE)


def _bend(
    like: Derivatives,
    theta: Vector,
    here: tuple[float, Vector, NDArray[np.float64]],
    trial: Vector,
    damping: float,
) -> Vector:
    """Return what to add to a step because the slope bends on the way as that of `like` does."""
    _, near, near_bend = _on_log_scale(like, theta)
    _, far, far_bend = _on_log_scale(like, trial)
    step = trial - theta
    gradient = here[1] + here[2] @ step + far - near - near_bend @ step
    hessian = here[2] + far_bend - near_bend
    if not _is_finite((0.0, gradient, hessian)):
        return np.zeros_like(theta)
    more = _damped_step(gradient, hessian, damping)
    return more if np.abs(more).max() <= np.abs(step).max() else np.zeros_like(theta)


def _is_finite(point: tuple[float, Vector, NDArray[np.float64]]) -> bool:
    return all(bool(np.isfinite(part).all()) for part in point)


def _diagnosis(theta: Vector, centre: Vector, troubles: Troubles | None) -> str:
    """Say where the parameters were, what that tells of the data, and what would help."""
    letters = list(troubles or [f"{place}" for place in range(1, theta.size + 1)])
    where = ", ".join(f"{one}={value:.3g}" for one, value in zip(letters, np.exp(theta), strict=True))
    far = int(np.abs(theta - centre).argmax())
    way = float((theta - centre)[far])
    reason = "customers differ too little, or too few came back, for these data to identify it"
    if troubles and abs(way) > RUN_AWAY:
        reason = troubles[letters[far]][int(way > 0)]
    return f"{where}): {reason}; use a longer history, more customers or a simpler model"


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


def _inverse(
    information: NDArray[np.float64], model: str, theta: Vector, centre: Vector, troubles: Troubles | None
) -> NDArray[np.float64]:
    values = np.linalg.eigvalsh(information)
    # The steepest way up from a parameter on its way to nothing or for ever soon looks like a maximum too.
    if values.min() <= max(1e-12 * values.max(), WIDEST_ERROR**-2):
        raise DidNotConverge(
            f"model={model!r} is not identified: the likelihood is flat in one direction "
            f"({_diagnosis(theta, centre, troubles)}"
        )
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
