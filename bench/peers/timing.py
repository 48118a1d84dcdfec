"""Seconds and processor seconds of a call. No imports but Python's own: every environment reads this file."""

from __future__ import annotations

import time


def timed(call, repeat):
    """Return what the call returns, and the least seconds and processor seconds of several calls."""
    best = {"seconds": float("inf"), "processor_seconds": float("inf")}
    for _ in range(repeat):
        wall, processor = time.perf_counter(), time.process_time()
        answer = call()
        best["processor_seconds"] = min(best["processor_seconds"], time.process_time() - processor)
        best["seconds"] = min(best["seconds"], time.perf_counter() - wall)
    return answer, best
