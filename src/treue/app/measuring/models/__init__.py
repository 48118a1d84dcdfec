"""Tables of the daily cycle: runs, and the figures, scores and page parts that each run left."""

from treue.app.measuring.models.run import Panel, Run, RunFigure
from treue.app.measuring.models.score import Score

__all__ = ["Panel", "Run", "RunFigure", "Score"]
