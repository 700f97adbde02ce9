"""Where the tests find the repository, their cases and the sample images."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
SAMPLES = ROOT / "sample_images"
