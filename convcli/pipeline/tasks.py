"""How the inputs of a batch are divided into tasks, each of which is worked on in order by one worker."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence

from convcli.choices import STDIN
from convcli.pipeline.sources import Source

__all__ = ["Task", "divided", "needs_parent", "worthwhile"]

# Inputs, and bytes of them, from which on processes are worth their start, about 20 ms.
_MANY, _LARGE = 16, 200_000

Task = Sequence[Source]


def divided(sources: Sequence[Source]) -> Iterator[list[int]]:
    """Yield the places of the inputs of each task, in the order of the first ones.

    Inputs whose results may get one name are together, so that the first of them gets it: what a name is
    derived from, the stem and the folder below the named one, is the same.
    """
    # Hashes alone, which take little memory: two that happen to be equal only put two inputs together.
    seen, together = set[int](), defaultdict[int, list[int]](list)
    for source in sources:
        key = _key(source)
        if key in seen:
            together[key] = []
        seen.add(key)
    if together:
        for place, source in enumerate(sources):
            if (key := _key(source)) in together:
                together[key].append(place)
    del seen
    for place, source in enumerate(sources):
        places = together.get(_key(source)) if together else None
        if places is None:
            yield [place]
        elif places[0] == place:
            yield places


def _key(source: Source) -> int:
    stem = "stdin" if source.path == STDIN else os.path.splitext(os.path.basename(source.file))[0]
    return hash((source.folder, stem.casefold()))


def needs_parent(source: Source) -> bool:
    """Whether an input can only be read by the process that was called: stdin, open files, pipes."""
    if source.path == STDIN or source.path.startswith(("/dev/", "/proc/")):
        return True
    try:
        mode = os.stat(source.path).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def worthwhile(sources: Sequence[Source], jobs: int | None) -> int:
    """Return how many processes should work on the inputs; 1 where they are too few or too small for more."""
    from convcli.engine.threads import thread_count  # here for start-up

    most = min(thread_count(jobs), len(sources))
    if most == 1 or len(sources) >= _MANY:
        return most
    return most if sum(map(_bytes, sources)) >= _LARGE else 1


def _bytes(source: Source) -> int:
    try:
        return os.stat(source.file).st_size
    except (OSError, ValueError):
        return 0
