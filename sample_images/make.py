"""Make the pictures of this folder from their sources: ``python sample_images/make.py SKIMAGE_DATA_FOLDER``.

The sources are the files of scikit-image 0.26's package data; README.md names their authors and licences.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def main(sources: Path) -> None:
    """Copy three pictures and derive three."""
    for name in ("camera.png", "coffee.png", "rocket.jpg"):
        shutil.copyfile(sources / name, HERE / name)
    cat = np.asarray(Image.open(sources / "chelsea.png").convert("RGB"))
    Image.fromarray(np.dstack([cat, vignette(*cat.shape[:2])])).save(HERE / "cat-alpha.png", optimize=True)
    Image.fromarray(dark_exposure(cat)).save(HERE / "cat-dark.png", optimize=True)
    stars = np.asarray(Image.open(sources / "hubble_deep_field.jpg").convert("RGB"))
    Image.fromarray(sixteen_bits(stars)).save(HERE / "galaxies-16bit.png", optimize=True)


def vignette(height: int, width: int) -> np.ndarray:
    """Return an oval that is opaque within, and fades out between 0.85 and 1.05 times its radii."""
    rows = (np.arange(height) - (height - 1) / 2) / (height / 2)
    columns = (np.arange(width) - (width - 1) / 2) / (width / 2)
    radius = np.hypot(rows[:, np.newaxis], columns)
    return np.rint(255 * np.clip((1.05 - radius) / 0.2, 0, 1)).astype(np.uint8)


def dark_exposure(rgb: np.ndarray, share: float = 1 / 32) -> np.ndarray:
    """Return what a camera would store of the same scene in `share` of the light: darker, noisy, in 8 bits.

    sRGB is decoded; a white pixel of the bright picture stands for 8000 electrons, of which Poisson's law
    decides how many arrive; reading adds noise of 3 electrons; then sRGB is encoded again (IEC 61966-2-1).
    """
    rng = np.random.default_rng(0)
    value = rgb / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    electrons = rng.poisson(8000 * share * light) + rng.normal(0, 3, rgb.shape)
    light = np.clip(electrons / 8000, 0, 1)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(255 * value).astype(np.uint8)


def sixteen_bits(rgb: np.ndarray) -> np.ndarray:
    """Return the mean luma (Rec. 601) of each 2 x 2 block, in 16 bits: finer steps than the source has."""
    height, width = (side // 2 * 2 for side in rgb.shape[:2])
    luma = rgb[:height, :width] @ np.array([0.299, 0.587, 0.114])
    blocks = luma.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return np.rint(257 * blocks).astype(np.uint16)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
