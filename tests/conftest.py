"""Settings for every test: the same 30 examples on every run, no deadline, no impatience on busy machines."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Before NumPy loads: tests run side by side, and threads of OpenBLAS would spin on each other's cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.browser import browser_tab, chromium, open_page
from tests.program import convcli, gray, photo, snapshot

__all__ = ["browser_tab", "chromium", "convcli", "gray", "open_page", "photo", "snapshot"]

# What is printed is English, whatever the developer reads.
for name in ("CONVCLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
    os.environ.pop(name, None)

# Thousands of collected tests live to the end: looking through them for garbage, again and again, takes long.
gc.set_threshold(100_000, 50, 50)

settings.register_profile(
    "convcli",
    max_examples=30,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# For a second run with other versions of what is needed: whether a function is there shows at once.
settings.register_profile("few", settings.get_profile("convcli"), max_examples=5)
settings.load_profile("convcli")


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Processes that tests start keep what they compile, even where this one was told not to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield
