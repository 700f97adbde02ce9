"""A comparison of paddings together with its words: what the montage and the page are drawn from."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from convcli.display.language import Say
from convcli.stacks.paddings.border_band import Comparison, best, winners
from convcli.stacks.paddings.compare_stack import Compared

__all__ = ["MIDDLE", "Study", "Told", "Units"]

# The reference of the errors where the truth is not known.
MIDDLE = "middle of the modes"


class Units(NamedTuple):
    """The unit of errors: its name, or nothing; the words of a heading; a word for the range of the data.

    All are English, to be said.
    """

    name: str
    heading: str
    peak: str


class Told(NamedTuple):
    """The words of a study in one language: each can be read by itself.

    `title` names picture and kernel, `facts` are lines about sizes and layers, `stage` is the layer.
    """

    title: str
    facts: Sequence[str]
    verdict: str
    stage: str = ""


class Study(NamedTuple):
    """All modes on one picture: their figures, and what tells about them in a language."""

    told: Callable[[Say], Told]
    compared: Compared
    units: Units

    @property
    def reference(self) -> str:
        """The reference of the errors, in English, to be said."""
        return "truth" if self.compared.measured else MIDDLE

    @property
    def best(self) -> Sequence[Comparison]:
        """The best mode and those that tie with it; none without the truth, or of one mode alone."""
        modes = self.compared.modes
        return winners(modes) if self.compared.measured and len(best(modes)) > 1 else ()

    @property
    def seen_best(self) -> Comparison:
        """The mode with the largest mean error, whose artifacts are seen best."""
        modes = self.compared.modes
        return max(modes, key=lambda one: -1.0 if math.isnan(one.mae) else one.mae)

    @property
    def span(self) -> int:
        """The number of distances that are plotted: the deepest error or the band, and a quarter more."""
        modes = self.compared.modes
        deepest = max((self.compared.band.depth, *(one.depth for one in modes)))
        longest = max((len(one.by_distance) for one in modes), default=0)
        return min(longest, deepest + max(3, deepest // 4))
