"""The likelihoods of BG/NBD and Pareto/NBD as the papers print them, customer by customer.

Slow and plain on purpose: they judge every contestant's parameters, so they share nothing with any of them.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1


def bg_nbd(parameters, x, t_x, T):
    """Return the mean log-likelihood (Fader, Hardie and Lee 2005, equation 6)."""
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + T)
    with np.errstate(divide="ignore"):
        left = np.where(x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b), -np.inf)
    return float(np.mean(buying + np.logaddexp(stayed, left - (r + x) * np.log(alpha + t_x))))


def pareto_nbd(parameters, x, t_x, T):
    """Return the mean log-likelihood (Fader and Hardie 2005, A note on deriving the Pareto/NBD model)."""
    r, alpha, s, beta = (parameters[name] for name in ("r", "alpha", "s", "beta"))
    longest, total = max(alpha, beta), r + s + x
    second = s + 1 if alpha >= beta else r + x

    def series(time):
        gap = longest + time
        return np.log(hyp2f1(total, second, total + 1, abs(alpha - beta) / gap)) - total * np.log(gap)

    near, far = series(t_x), series(T)
    with np.errstate(divide="ignore"):
        left = np.log(s / total) + near + np.log(-np.expm1(np.minimum(far - near, 0)))
    stayed = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float(np.mean(buying + np.logaddexp(stayed, left)))
