import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers on every run."""
    return np.random.default_rng(5)
