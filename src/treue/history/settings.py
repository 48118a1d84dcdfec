"""How a history is to be looked at: the firm's choices, all with a default."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from treue.kernel.errors import WrongArgument
from treue.kernel.units import minor_digits, zone

if TYPE_CHECKING:
    from datetime import date

Activity = Literal["window", "rhythm", "contract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices under which figures are computed.

    Parameters
    ----------
    as_of : datetime.date, optional
        Last day observed, inclusive. Default: the last day in the data.
    observed_from : datetime.date, optional
        First day on which losses would have been seen. Customers won earlier enter late (left
        truncation). Default: the first day in the data.
    timezone : str
        IANA name of the zone whose midnights divide days and months.
    currency : str, optional
        ISO 4217 code of all amounts. Default: the file's own, else EUR.
    window_days : int, optional
        Days of silence after which a customer counts as lapsed. Default: found in the data.
    activity : {"window", "rhythm", "contract"}, optional
        Which definition of an active customer holds. Default: ``contract`` where the history has
        contracts and no purchases, else ``window``.
    margin_share : float, optional
        Contribution margin as a share of net revenue, 0 to 1; used where orders carry no margin.
    discount_share : float
        Yearly discount rate for the worth of later money, 0 or more.
    seed : int
        Seed of every bootstrap.

    Raises
    ------
    WrongArgument
        When a value cannot be right.
    """

    as_of: date | None = None
    observed_from: date | None = None
    timezone: str = "UTC"
    currency: str | None = None
    window_days: int | None = None
    activity: Activity | None = None
    margin_share: float | None = None
    discount_share: float = 0.10
    seed: int = 20260101

    def __post_init__(self) -> None:
        zone(self.timezone)
        if self.currency is not None:
            minor_digits(self.currency)
        if self.window_days is not None and self.window_days < 1:
            raise WrongArgument(f"window_days={self.window_days} is too short; give at least 1 day")
        if self.margin_share is not None and not 0 < self.margin_share <= 1:
            raise WrongArgument(
                f"margin={self.margin_share} is not a share; give more than 0 and at most 1, as 0.4"
            )
        if self.discount_share < 0:
            raise WrongArgument(f"discount_share={self.discount_share} is negative; give 0 or more, as 0.1")
        if self.as_of and self.observed_from and self.observed_from > self.as_of:
            raise WrongArgument(
                f"observed_from={self.observed_from} is after as_of={self.as_of}; give an earlier day"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain JSON types."""
        plain = asdict(self)
        for name in ("as_of", "observed_from"):
            plain[name] = plain[name].isoformat() if plain[name] else None
        return plain
