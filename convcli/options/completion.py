"""Shell completion: what is offered when Tab is pressed.

Each press starts a new process, so that the library of kernels and the formats are imported where needed.
"""

from collections.abc import Callable, Iterable

from convcli.border_names import PAD_NAMES_OF_TOOLS
from convcli.choices import Choice, PadMode

__all__ = ["choice", "formats", "kernel_formats", "kernels", "pads", "several_pads", "words"]


def words(*known: str) -> Callable[[str], list[str]]:
    """Offer a fixed list of words."""

    def complete(incomplete: str) -> list[str]:
        return _starting(known, incomplete)

    return complete


def choice(kind: type[Choice]) -> Callable[[str], list[str]]:
    """Offer the values of an enum."""
    return words(*kind)


def pads(incomplete: str) -> list[str]:
    """Offer padding modes, or after ``TOOL:`` that tool's names of them."""
    tool, colon, _ = incomplete.partition(":")
    if colon:
        names = PAD_NAMES_OF_TOOLS.get(tool.lower(), {})
        return _starting((f"{tool}:{name}" for name in names), incomplete)
    return _starting((*PadMode, *PadMode.synonyms()), incomplete)


def several_pads(incomplete: str) -> list[str]:
    """Offer padding modes after each comma."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{pad}" for pad in pads(last)]


def kernels(incomplete: str) -> list[tuple[str, str]]:
    """Offer the kernels of the library with their descriptions, or after ``NAME:`` the parameters.

    Synonyms are offered where no name begins with the typed letters.
    """
    from convcli.kernels import library

    typed = incomplete.lower()
    name, colon, given = typed.partition(":")
    if colon:
        found = library.TABLE.get(library.canonical(name))
        prefix = f"{name}:{given[: given.rfind(',') + 1]}"
        known = [(f"{prefix}{p.name}=", p.about) for p in found.parameters] if found else []
    else:
        known = list(library.names().items())
        if not any(word.startswith(typed) for word, _ in known):
            known = [
                (word, f"{kernel}: {library.entry(kernel).about}")
                for word, kernel in library.SYNONYMS.items()
            ]
    return [(word, about) for word, about in known if word.startswith(typed)]


def formats(incomplete: str) -> list[str]:
    """Offer the formats that can be written."""
    from convcli.imaging import formats as known

    return _starting(known.names(), incomplete)


def kernel_formats(incomplete: str) -> list[str]:
    """Offer the formats of kernel files."""
    return _starting(("json", "toml", "npy", "npz", "csv", "tsv", "txt"), incomplete)


def _starting(known: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in known if word.startswith(incomplete.lower())]
