"""What a measure is, in words that a person reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a measure is; every text is English and a key of the translations.

    Parameters
    ----------
    label : str
        What it is called, as the library has it.
    words : str
        The definition.
    formula : str
        The formula in plain characters; a key of the translations where it holds words.
    caution : str
        When it misleads.
    example : str
        A worked example.
    """

    label: str
    words: str
    formula: str
    caution: str
    example: str
