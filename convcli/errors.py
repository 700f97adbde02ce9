"""The errors that convcli raises, with the exit status that the command line gives each.

::

    ConvcliError            exit status 1: some input could not be processed
    ├── UsageError          2: an option or argument is wrong, whatever the input (also a ValueError)
    │   └── KernelError     2: a kernel that is unknown, malformed or not finite
    ├── GeometryError       1: kernel, padding and picture do not fit together (also a ValueError)
    ├── ImageError          1: a file that cannot be read as a picture or array
    ├── OutputError         1: a result that cannot be written, or not in that format
    └── MissingExtraError   1: an optional package is needed for this

Each carries a message that names the file or option and the value found, and a hint that says what to do.
"""

from collections.abc import Iterable

__all__ = [
    "ConvcliError",
    "GeometryError",
    "ImageError",
    "KernelError",
    "MissingExtraError",
    "OutputError",
    "UsageError",
    "cut_short",
    "nearest",
    "shown",
    "unknown",
]


class ConvcliError(Exception):
    """The root of every error that convcli raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong and where, in one line without a full stop.
    hint : str, optional
        What to do about it, in one line.
    """

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(ConvcliError, ValueError):
    """An option or argument is wrong, whatever the input."""

    exit_status = 2


class KernelError(UsageError):
    """A kernel is unknown, malformed or not finite."""


class GeometryError(ConvcliError, ValueError):
    """Kernel, padding, stride and picture do not fit together."""


class ImageError(ConvcliError):
    """A file cannot be read as a picture or as an array of numbers."""


class OutputError(ConvcliError):
    """A result cannot be written, or not in the format that was asked for."""


class MissingExtraError(ConvcliError):
    """An optional package is needed.

    Parameters
    ----------
    what : str
        What needs it, such as ``"16-bit RGB"``.
    extra : str
        The extra of convcli that brings it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional package", hint=f"pip install 'convcli[{extra}]'")


def nearest(given: str, known: Iterable[str]) -> str | None:
    """Return the name among `known` that `given` most likely meant, or None."""
    from difflib import get_close_matches  # here, as only errors need it

    found = get_close_matches(given.lower()[:100], list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def cut_short(text: str, most: int = 40) -> str:
    """Return `text` without its middle where it is longer than `most`."""
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 4 :]}"


def shown(value: object, most: int = 60) -> str:
    """Return `value` quoted and escaped for a message, shortened in the middle where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # an int of more digits than Python converts
        return "a number of thousands of digits"
    text = cut_short(text, most)
    return repr(text) if isinstance(value, str) else text


def unknown(
    what: str, given: object, known: Iterable[str], kind: type[ConvcliError] = UsageError
) -> ConvcliError:
    """Make the error for a name that is not known, suggesting the nearest one or listing them all.

    Examples
    --------
    >>> print(unknown("kernel", "sobl", ["box", "sobel"]))
    kernel 'sobl' is not known (did you mean 'sobel'?)
    """
    names = list(known)
    close = nearest(given, names) if isinstance(given, str) else None
    hint = f"did you mean '{close}'?" if close else f"choose from: {', '.join(names)}"
    return kind(f"{what} {shown(given)} is not known", hint=hint)
