"""The models by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treue.kernel.errors import WrongArgument
from treue.models.beta_discrete_weibull import BetaDiscreteWeibull
from treue.models.bg_bb import BgBb
from treue.models.bg_nbd import BgNbd
from treue.models.gamma_gamma import GammaGamma
from treue.models.mbg_nbd import MbgNbd
from treue.models.pareto_nbd import ParetoNbd
from treue.models.repeat_model import RepeatModel
from treue.models.shifted_beta_geometric import ShiftedBetaGeometric

if TYPE_CHECKING:
    from treue.models.fitted import Fitted

__all__ = ["MODELS", "REPEAT_MODELS", "RepeatModel", "find_model"]

_ALL: tuple[type[Fitted], ...] = (
    BgNbd,
    MbgNbd,
    ParetoNbd,
    BgBb,
    GammaGamma,
    ShiftedBetaGeometric,
    BetaDiscreteWeibull,
)

MODELS: dict[str, type[Fitted]] = {model.MODEL: model for model in _ALL}
"""Every model by the name that it has at public doors."""

REPEAT_MODELS: tuple[str, ...] = tuple(
    name for name, model in MODELS.items() if issubclass(model, RepeatModel)
)
"""Names of the models of repeat buying: those that say who comes back, and how often."""


def find_model(name: str) -> type[Fitted]:
    """Return the model of that name.

    Parameters
    ----------
    name : str
        Such as ``bg-nbd``.

    Returns
    -------
    type
        Its class.

    Raises
    ------
    WrongArgument
        When no model has that name; the message lists them.

    Examples
    --------
    >>> find_model("bg-nbd").LETTERS
    ('r', 'alpha', 'a', 'b')
    """
    if name not in MODELS:
        raise WrongArgument(f"model={name!r} is not known; known are {', '.join(MODELS)}")
    return MODELS[name]
