import sys

import pytest


@pytest.fixture
def block_deep(monkeypatch):
    """Call it, and the extra `deep` can no longer be imported."""

    def block():
        for name in ("tifffile", "imagecodecs"):
            monkeypatch.setitem(sys.modules, name, None)

    return block
