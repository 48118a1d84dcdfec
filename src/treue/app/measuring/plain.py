"""Parts of a page as plain JSON and back: every word is written, and what is HTML says so."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, Final

from markupsafe import Markup

HTML: Final = "__html__"


def to_plain(value: Any, without: frozenset[str] = frozenset()) -> Any:
    """Return a part of a page as plain JSON types.

    Parameters
    ----------
    value : object
        Texts, numbers, drawings and other HTML, small dataclasses, and lists, tuples and dictionaries of them.

    Returns
    -------
    object
        Drawings become ``{"__html__": text}``.

    Raises
    ------
    TypeError
        When something of another kind is in it.

    Examples
    --------
    >>> to_plain({"scale": Markup("<svg/>"), "note": ("a", "b")})
    {'scale': {'__html__': '<svg/>'}, 'note': ['a', 'b']}
    """
    if hasattr(value, HTML):
        return {HTML: str(Markup(value))}  # noqa: S704  (what says that it is HTML is our own)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        kept = [field.name for field in fields(value) if field.name not in without]
        return {name: to_plain(getattr(value, name), without) for name in kept}
    if isinstance(value, dict):
        return {str(key): to_plain(one, without) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(one, without) for one in value]
    raise TypeError(f"a page holds no {type(value).__name__}")


def from_plain(value: Any) -> Any:
    """Return what :func:`to_plain` was given, dataclasses as dictionaries and tuples as lists.

    Only what the cycle wrote into the database comes here, so that HTML in it is our own.

    Examples
    --------
    >>> from_plain({"__html__": "<svg/>"})
    Markup('<svg/>')
    """
    if isinstance(value, dict):
        if set(value) == {HTML}:
            return Markup(value[HTML])  # noqa: S704  (see above)
        return {key: from_plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [from_plain(one) for one in value]
    return value
