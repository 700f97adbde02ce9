"""Errors of number files, and the conversion of any error of a decoder to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convcli.errors import ConvcliError, cut_short

__all__ = ["ArrayFileError", "DamagedError", "PickledError", "damage", "rounded"]


class ArrayFileError(ConvcliError):
    """A file has no array of numbers; `message` continues a sentence that begins with the file's name."""


class DamagedError(ArrayFileError):
    """The content is truncated or in another format; `message` is the decoder's reason."""


class PickledError(DamagedError):
    """The array holds Python objects, which are never loaded."""


@contextmanager
def damage() -> Iterator[None]:
    """Convert any error of a decoder on damaged headers and archives to a DamagedError."""
    try:
        yield
    except ConvcliError:
        raise
    except RecursionError as error:
        raise DamagedError("it is nested too deeply") from error
    except Exception as error:  # headers and archives that are damaged raise anything
        reason = " ".join(str(error).partition("\n")[0].split()) or type(error).__name__
        raise DamagedError(cut_short(reason, 200)) from error


def rounded(digits: str, place: Sequence[int]) -> ArrayFileError:
    """Return the error for an integer that float64 cannot hold."""
    at = ", ".join(map(str, place))
    return ArrayFileError(
        f" holds integers that float64 would round; the first, {cut_short(digits)}, is at [{at}]",
        hint="integers up to 2**53 are exact: scale them, or store floats where rounding is meant",
    )
