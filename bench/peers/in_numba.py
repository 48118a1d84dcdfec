"""The likelihood of BG/NBD with its derivatives as one loop for numba: ``in_numba.py derivatives ROWS REPEAT POINT``.

The limit for what the same machine can do with one processor: no temporary arrays, one pass.
"""

from __future__ import annotations

import json
import math
import sys

import numpy as np
from numba import njit
from scipy.special import digamma, gammaln, polygamma
from timing import timed


@njit(fastmath=True)
def loop(p, x, t_x, T, w, log_terms, slopes, curves):
    r, alpha, a, b = p
    value = 0.0
    g, h = np.zeros(4), np.zeros((4, 4))
    j = np.zeros(4)
    for n in range(len(x)):
        count = int(x[n])
        k, far, weight = r + x[n], 1 / (alpha + T[n]), w[n]
        value += weight * log_terms[count]
        for m in range(4):
            g[m] += weight * slopes[m, count]
        for m in range(4):
            h[m, m] += weight * curves[m, count]
        h[2, 3] += weight * curves[2, count]
        h[0, 1] += weight / alpha
        if count == 0:
            value += weight * k * math.log(far)
            g[0] += weight * math.log(far)
            g[1] -= weight * k * far
            h[0, 1] -= weight * far
            h[1, 1] += weight * k * far * far
            continue
        near = 1 / (alpha + t_x[n])
        log_near = math.log(near)
        silence = log_near - math.log(far)
        b_x = b + x[n] - 1
        odds = math.exp(-k * silence) * b_x / a
        here = weight * odds / (1 + odds)
        value += weight * (math.log(1 + odds) + k * log_near)
        j[0], j[1], j[2], j[3] = -silence, k * (near - far), -1 / a, 1 / b_x
        g[0] += weight * log_near + here * j[0]
        g[1] += here * j[1] - weight * k * near
        g[2] += here * j[2]
        g[3] += here * j[3]
        both = here / (1 + odds)
        for m in range(4):
            for q in range(m, 4):
                h[m, q] += both * j[m] * j[q]
        h[0, 1] += here * (near - far) - weight * near
        h[1, 1] += weight * k * near * near - here * j[1] * (near + far)
        h[2, 2] += here / (a * a)
        h[3, 3] -= here * j[3] * j[3]
    return value, g, h


def derivatives(p, x, t_x, T, w):
    r, alpha, a, b = p
    c = np.arange(int(x.max()) + 1.0)
    some = c > 0
    b_x = np.where(some, b + c - 1, 1.0)
    log_terms = gammaln(r + c) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + c)
    log_terms += -gammaln(b) - gammaln(a + b + c) + some * (np.log(a) - np.log(b_x))
    both = digamma(a + b) - digamma(a + b + c)
    slopes = np.stack(
        [
            digamma(r + c) - digamma(r) + np.log(alpha),
            np.full_like(c, r / alpha),
            both + some / a,
            both + digamma(b + c) - digamma(b) - some / b_x,
        ]
    )
    bend = polygamma(1, a + b) - polygamma(1, a + b + c)
    curves = np.stack(
        [
            polygamma(1, r + c) - polygamma(1, r),
            np.full_like(c, -r / alpha**2),
            bend,
            bend + polygamma(1, b + c) - polygamma(1, b) + some / b_x**2,
        ]
    )
    value, g, h = loop(p, x, t_x, T, w, log_terms, slopes, curves)
    h[2, 2] -= w[x > 0].sum() / a**2
    return value, g, np.triu(h) + np.triu(h, 1).T


_, path, repeat, point = sys.argv[1:]
with np.load(path) as file:
    rows = [file[name] for name in ("x", "t_x", "T", "weight")]
parameters = np.array(list(json.loads(point)["parameters"].values()))
derivatives(parameters, *rows)  # compiles
(found, slope, bends), best = timed(lambda: derivatives(parameters, *rows), int(repeat))
json.dump({**best, "answer": [found, *slope.tolist(), *bends.ravel().tolist()]}, sys.stdout)
