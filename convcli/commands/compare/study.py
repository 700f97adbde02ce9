"""A comparison of paddings together with its words: what the montage and the page are drawn from."""

from collections.abc import Sequence
from typing import NamedTuple

from convcli.stacks.paddings.border_band import Comparison, winners
from convcli.stacks.paddings.compare_stack import Compared

__all__ = ["MIDDLE", "Study"]

# The reference of the errors where the truth is not known.
MIDDLE = "middle of the modes"


class Study(NamedTuple):
    """All modes on one picture: their figures, and words that are understood out of their context.

    `title` names picture and kernel, `facts` are lines about sizes and layers, `stage` is the layer.
    """

    title: str
    facts: Sequence[str]
    verdict: str
    compared: Compared
    stage: str = ""

    @property
    def reference(self) -> str:
        """The reference of the errors."""
        return "truth" if self.compared.measured else MIDDLE

    @property
    def best(self) -> Sequence[Comparison]:
        """The modes that the verdict names."""
        return winners(self.compared.modes) if self.compared.measured else ()

    @property
    def span(self) -> int:
        """How many distances are worth a plot: the deepest error and the band, and a quarter more."""
        modes = self.compared.modes
        deepest = max((self.compared.band.depth, *(one.depth for one in modes)))
        longest = max((len(one.by_distance) for one in modes), default=0)
        return min(longest, deepest + max(3, deepest // 4))
