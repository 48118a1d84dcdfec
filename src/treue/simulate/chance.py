"""Random streams: one for every subject and chunk, so that no subject disturbs another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SUBJECTS = (
    "people",
    "buying",
    "campaign",
    "values",
    "returns",
    "lines",
    "contracts",
    "visits",
    "contacts",
    "answers",
    "word_of_mouth",
    "complaints",
    "duplicates",
)
"""New subjects go to the end: the place is part of the seed."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The random generators of one chunk of customers.

    Parameters
    ----------
    seed : int
        Seed of the firm, 0 or more.
    chunk : int
        Number of the chunk, from 0.
    """

    seed: int
    chunk: int

    def __call__(self, subject: str) -> np.random.Generator:
        """Return a fresh generator for `subject`, the same one for the same seed, chunk and subject."""
        key = (self.chunk, SUBJECTS.index(subject))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))
