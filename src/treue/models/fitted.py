"""What every model tells about itself: its letters, their standard errors, its likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from treue.models.newton import Optimum


class Fitted:
    """A model of which the name, the letters and the optimum are known."""

    __slots__ = ()

    MODEL: ClassVar[str]
    """Name at every public door, such as ``bg-nbd``."""

    LETTERS: ClassVar[tuple[str, ...]]
    """The paper's letters of the parameters, in the order of `optimum`."""

    if TYPE_CHECKING:  # a field of each model

        @property
        def optimum(self) -> Optimum | None: ...

    @property
    def parameters(self) -> dict[str, float]:
        """Value of each parameter by its letter."""
        return {letter: getattr(self, letter) for letter in self.LETTERS}

    @property
    def standard_errors(self) -> dict[str, float]:
        """Standard error of each parameter by its letter; empty for a model that was not fitted."""
        if self.optimum is None:
            return {}
        return dict(zip(self.LETTERS, self.optimum.standard_errors.tolist(), strict=True))

    @property
    def log_likelihood(self) -> float | None:
        """Log-likelihood at the optimum; None for a model that was not fitted."""
        return self.optimum.log_likelihood if self.optimum else None
