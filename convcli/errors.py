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
from typing import Any

__all__ = [
    "CannotTranslate",
    "ConvcliError",
    "FullDiskError",
    "GeometryError",
    "ImageError",
    "KernelError",
    "MissingExtraError",
    "OutputError",
    "UsageError",
    "cut_short",
    "nearest",
    "shown",
    "spelled",
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

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled as the call that made them, which subclasses may have with other arguments.
        return _restored, (type(self), self.args, vars(self))

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


def _restored(kind: type[ConvcliError], args: tuple[Any, ...], values: dict[str, Any]) -> ConvcliError:
    """Return a pickled error again."""
    error = kind.__new__(kind, *args)
    vars(error).update(values)
    return error


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


class CannotTranslate(ConvcliError):  # noqa: N818  # what happened, in the words of the command
    """Another tool cannot do what was asked for, not even composed of its parts."""

    exit_status = 3


class FullDiskError(OutputError):
    """A result cannot be written for want of room on the disk, or in the user's quota."""


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
        self.args = (what, extra)  # of which unpickling makes it again


# Most edits of a misspelt word, however long it is.
MOST_EDITS = 4
# Characters that join words: they are left out.
_JOINTS = str.maketrans("", "", "-_ ")


def nearest(given: str, known: Iterable[str]) -> str | None:
    """Return the name among `known` that `given` most likely meant, or None where none is near.

    A name is near if it is at most one edit away for each three letters: a letter inserted, left out,
    replaced, or swapped with the next (Damerau 1964). So is one that begins alike: by at least three letters,
    and three quarters of the shorter word. Capitals, hyphens and the like make no difference.
    """
    word = spelled(given)[:100]
    ranked = []
    for name in known:
        other = spelled(name)
        alike = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
        shortest, longest = sorted((len(word), len(other)))
        stem = shortest >= 3 and (alike is None or alike >= max(3, 0.75 * shortest))
        most = longest if stem else min(longest // 3, MOST_EDITS)
        if longest - shortest <= most and (edits := _edits(word, other, most)) <= most:
            ranked.append((edits, name))
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def spelled(name: str) -> str:
    """Return `name` in lower case without ``-``, ``_`` and spaces: ``gaussianblur``."""
    return name.strip().lower().translate(_JOINTS)


def _edits(one: str, other: str, most: int) -> int:
    """Return the number of edits between two words, or a larger one than `most` where it is above that."""
    before, row = list[int](), list(range(len(other) + 1))
    for i, letter in enumerate(one):
        after = [i + 1]
        for j, its in enumerate(other):
            cost = min(row[j + 1] + 1, after[j] + 1, row[j] + (letter != its))
            if i and j and letter == other[j - 1] and its == one[i - 1]:
                cost = min(cost, before[j - 1] + 1)
            after.append(cost)
        if min(after) > most:
            return most + 1
        before, row = row, after
    return row[-1]


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


# Names that an error lists.
MOST_LISTED = 12


def unknown(
    what: str,
    given: object,
    known: Iterable[str],
    kind: type[ConvcliError] = UsageError,
    *,
    also: Iterable[str] = (),
    listing: str = "",
) -> ConvcliError:
    """Make the error for a name that is not known, suggesting the nearest one or listing them all.

    Names in `also` are suggested but not listed; `listing` says where all are listed.

    Examples
    --------
    >>> print(unknown("kernel", "sobl", ["box", "sobel"]))
    kernel 'sobl' is not known (did you mean 'sobel'?)
    """
    names = list(known)
    close = nearest(given, [*names, *also]) if isinstance(given, str) else None
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED + 1 else ""
    listed = ", ".join(names[:MOST_LISTED] if more else names) + more
    hint = f"did you mean '{close}'?" if close else listing or f"choose from: {listed}"
    return kind(f"{what} {shown(given)} is not known", hint=hint)
