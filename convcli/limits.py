"""The table of limits: sizes and counts beyond which work is refused before it is begun or memory asked for.

Each excess is one error line. Nothing here needs NumPy, so that options are checked before it is loaded.
"""

from typing import NamedTuple

from convcli.errors import ConvcliError, UsageError

__all__ = ["Limit", "table"]


class Limit(NamedTuple):
    """The largest value of one quantity.

    Attributes
    ----------
    what : str
        The quantity, as errors name it: ``"padding"``.
    most : int
        The largest value allowed.
    unit : str
        Its unit in the plural, such as ``"pixels"``; empty for plain counts.
    """

    what: str
    most: int
    unit: str = ""

    def check(self, value: float, hint: str, error: type[ConvcliError] = UsageError) -> None:
        """Raise `error` if `value` is above the limit."""
        if value > self.most:
            unit = f" {self.unit}" if self.unit else ""
            raise error(f"{self.what} {value} is above the limit of {self.most}{unit}", hint=hint)


# Windows.

# Kernels and stacks.

# Files that are read.

# Pages of a TIFF; movies have up to ten thousand. The directory of each takes 50 microseconds.
TIFF_PAGES = Limit("the number of pages in a TIFF,", 1 << 14)


def table() -> list[Limit]:
    """Return every limit of this module."""
    return [limit for limit in globals().values() if isinstance(limit, Limit)]
