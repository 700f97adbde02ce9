import numpy as np
import pytest

from convcli.engine.correlation.correlate import correlate


@pytest.fixture
def scene(rng):
    """Something like a photograph: smooth, with edges and a little noise."""
    ramp = np.add.outer(np.linspace(30, 120, 60), np.linspace(0, 90, 72))
    ramp[20:45, 30:60] += 70
    blurred = correlate(ramp + rng.normal(0, 12, ramp.shape), np.ones((3, 3)) / 9)
    return np.clip(np.rint(blurred + rng.normal(0, 2, ramp.shape)), 1, 254).astype(np.uint8)
