"""Tables of requests about a person's data, and of how long things are kept."""

from treue.app.privacy.models.period import Period
from treue.app.privacy.models.request import Request

__all__ = ["Period", "Request"]
