"""How the inputs of a batch are divided into tasks, each of which is worked on in order by one worker."""

import os
import stat
from collections.abc import Iterator, Sequence

from convcli.choices import STDIN
from convcli.pipeline.sources import Source
from convcli.stores.files import is_url

__all__ = ["Task", "divided", "needs_parent", "worthwhile"]

# Inputs, or bytes of them, from which on two processes are worth their start, which takes about 50 ms of
# processor time: 64 pictures of 32 x 32, or 6 JPEGs of 1024 x 768 (2026-11, Zen 4).
_MANY, _LARGE = 64, 1_000_000

Task = Sequence[Source]


def divided(sources: Sequence[Source], labels: Sequence[str] = ()) -> Iterator[list[int]]:
    """Yield the places of the inputs of each task, in the order of the first ones.

    Inputs whose results may get one name are together, so that the first of them gets it: what a name is
    derived from, the stem and the folder below the named one, is the same. With the labels ``my-box`` and
    ``box``, results of the stems ``a`` and ``a-my`` may too.
    """
    pairs = [(one, other) for one in labels for other in labels if one.endswith(f"-{other}")]
    ends = {f"-{one[: -len(other) - 1]}" for one, other in pairs}

    def key(source: Source) -> int:
        stem = source.stem
        while end := next((end for end in ends if stem.endswith(end)), ""):
            stem = stem.removesuffix(end)
        return hash((source.folder, stem.casefold()))

    # By hashes, which take less memory than names: two that happen to be equal only put two inputs together.
    tasks: dict[int, list[int]] = {}
    for place, source in enumerate(sources):
        tasks.setdefault(key(source), []).append(place)
    yield from tasks.values()


def needs_parent(source: Source) -> bool:
    """Whether an input can only be read by the process that was called: stdin, open files, pipes, memory."""
    if source.path == STDIN or source.path.startswith(("/dev/", "/proc/")) or "memory://" in source.path:
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
    if is_url(source.path) and not needs_parent(source):
        return _LARGE  # a store's answer takes long enough for another process to go on meanwhile
    try:
        return os.stat(source.file).st_size
    except (OSError, ValueError):
        return 0
