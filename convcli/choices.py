"""What the options mean: every choice, its synonyms, and the frozen values that carry them. No NumPy here.

Enums are the one source for help, shell completion, errors and the engine's dispatch.
"""

from enum import StrEnum
from typing import Self

from convcli.border_names import PAD_NAMES_OF_TOOLS, PAD_SYNONYMS
from convcli.errors import unknown

__all__ = [
    "MAX_PIXELS",
    "STDIN",
    "STDOUT",
    "AlphaMode",
    "Choice",
    "Combine",
    "Compress",
    "Depth",
    "FitMethod",
    "Graphics",
    "Init",
    "Loss",
    "Method",
    "PadMode",
    "PoolMode",
    "RangeMode",
]

STDIN = "-"

STDOUT = "-"

MAX_PIXELS = 512 * 1024 * 1024


class Choice(StrEnum):
    """An option with a fixed set of values, read without regard to case."""

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """Other spellings that are understood; reports use the canonical one."""
        return {}

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return cls.__name__.lower()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one value by any of its names.

        Raises
        ------
        UsageError
            `text` is none of them; the hint names the nearest, or all.
        """
        names = {choice.value: choice for choice in cls}
        spelled = text.strip().lower()
        found = names.get(spelled) or cls.synonyms().get(spelled)
        if found is None:
            raise unknown(cls.label(), text, names)
        return found


class PadMode(Choice):
    """How pixels beyond the edge are made up; drawn for the row ``a b c d``."""

    ZERO = "zero"  #            0 0 0 | a b c d | 0 0 0
    CONSTANT = "constant"  #    v v v | a b c d | v v v
    REFLECT = "reflect"  #      d c b | a b c d | c b a   the edge pixel is not repeated
    REPLICATE = "replicate"  #  a a a | a b c d | d d d
    WRAP = "wrap"  #            b c d | a b c d | a b c
    SYMMETRIC = "symmetric"  #  c b a | a b c d | d c b   the edge pixel is repeated
    VALID = "valid"  #                | a b c d |         nothing is made up

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "padding mode"

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """Names that mean the same wherever they are used; SciPy's `reflect` needs its tool's name."""
        return {other: cls(mode) for mode, others in PAD_SYNONYMS.items() for other in others}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a mode by its name, a synonym, or ``TOOL:NAME`` for what that tool means by the name."""
        tool, colon, name = text.strip().lower().partition(":")
        if not colon:
            return super().parse(text)
        if tool not in PAD_NAMES_OF_TOOLS:
            raise unknown("tool", tool, PAD_NAMES_OF_TOOLS)
        names = PAD_NAMES_OF_TOOLS[tool]
        spelled = name.removeprefix("border_").replace("_", "-")
        if spelled not in names:
            raise unknown(f"border of {tool}", name, names)
        return cls(names[spelled])


class Method(Choice):
    """How a correlation is computed; every method gives the same result but for rounding."""

    AUTO = "auto"
    DIRECT = "direct"
    SEPARABLE = "separable"
    GEMM = "gemm"
    FFT = "fft"


class Combine(Choice):
    """How the results of several kernels become one picture."""

    MAGNITUDE = "magnitude"  # sqrt(a^2 + b^2 + ...)
    MAX = "max"
    SUM = "sum"
    ORIENTATION = "orientation"  # atan2(second, first), in degrees
    NONE = "none"  # a feature map each

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "combination"


class PoolMode(Choice):
    """What one number is made of a window."""

    MAX = "max"
    AVG = "avg"
    MIN = "min"
    MEDIAN = "median"
    LP = "lp"  # (sum |x|^p)^(1/p)

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "pooling mode"

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """Other words for the same; ``l2`` is the norm with its default power."""
        return {"l2": cls("lp"), "mean": cls("avg"), "average": cls("avg")}


class FitMethod(Choice):
    """How a kernel is found from pictures before and after."""

    LSTSQ = "lstsq"  # the normal equations, solved
    GD = "gd"  # gradient descent
    ADAM = "adam"  # descent with a rate for each weight

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "method of fitting"


class Loss(Choice):
    """What fitting minimises, of the squared residuals."""

    MEAN = "mean"
    SUM = "sum"


class Init(Choice):
    """What descent begins with."""

    ZERO = "zero"
    NORMAL = "normal"  # drawn with variance 1

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "start"

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """The same in the plural."""
        return {"zeros": cls("zero")}


class AlphaMode(Choice):
    """What happens to transparency."""

    KEEP = "keep"
    FILTER = "filter"  # premultiplied, every channel filtered, un-premultiplied
    DROP = "drop"

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "alpha mode"


class RangeMode(Choice):
    """How results become pixels."""

    CLIP = "clip"  # saturate at black and white
    ABS = "abs"  # absolute value, then saturate
    SCALE = "scale"  # stretch minimum..maximum over black..white
    CENTER = "center"  # add mid-grey, then saturate
    UNIT = "unit"  # 0..1 becomes black..white
    RAW = "raw"  # untouched floats

    @classmethod
    def label(cls) -> str:
        """What errors call this choice."""
        return "range"

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """The British spelling of center."""
        return {"centre": cls("center")}


class Depth(Choice):
    """How many bits a sample has in the output."""

    AUTO = "auto"
    EIGHT = "8"
    SIXTEEN = "16"
    FLOAT = "float"


class Compress(Choice):
    """How hard lossless formats are compressed."""

    FAST = "fast"
    SMALL = "small"
    NONE = "none"


class Graphics(Choice):
    """How a picture is drawn in the terminal."""

    AUTO = "auto"
    BLOCKS = "blocks"  # half blocks, two pixels a character
    KITTY = "kitty"  # the terminal's own graphics, by three protocols
    ITERM2 = "iterm2"
    SIXEL = "sixel"

    @classmethod
    def synonyms(cls) -> dict[str, Self]:
        """What other tools call them."""
        return {"iterm": cls("iterm2"), "sixels": cls("sixel"), "half-blocks": cls("blocks")}
