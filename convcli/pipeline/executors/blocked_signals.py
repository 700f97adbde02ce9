"""Signals wait while a process is started, which inherits that they wait."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

__all__ = ["blocked"]


@contextmanager
def blocked(signals: Iterable[int]) -> Iterator[None]:
    """Let `signals` wait within the block; nothing changes on systems that cannot."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
