"""Make the animation and the screenshots: python docs/make_screenshots.py; needs Chromium and Playwright."""

import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"

PAGES = {
    "explain-page": (
        ["explain", "sample_images/camera.png", "-k", "sobel-x", "--at", "0,0"],
        {"width": 1280, "height": 1080},
    ),
}
"""What makes each page, and the window that it is looked at in."""

ANIMATION = ["explain", "sample_images/notes-3x3.csv", "-k", "0 1; 2 3", "-p", "valid"]
"""What docs/explain.md shows in motion."""


def main() -> None:
    """Write the animation, and each screenshot with as few colours as show no difference."""
    made = PICTURES / "steps.gif"
    subprocess.run([sys.executable, "-m", "convcli", *ANIMATION, "--animate", made], cwd=ROOT, check=True)
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (command, size) in PAGES.items():
            path = Path(folder) / f"{name}.html"
            subprocess.run([sys.executable, "-m", "convcli", *command, "--html", path], cwd=ROOT, check=True)
            page = window.new_page(viewport=size)
            page.goto(path.as_uri())
            page.evaluate("window.convcli?.ready")
            image = Image.open(BytesIO(page.screenshot())).convert("RGB")
            few(image).save(PICTURES / f"{name}.png", optimize=True)


def few(image: Image.Image) -> Image.Image:
    """Return `image` in 256 colours: 64 greys, and of the rest those that cover most, however rare."""
    pixels = np.asarray(image)
    colourful = pixels[np.ptp(pixels, axis=2) > 8][None]
    chosen = Image.fromarray(colourful).quantize(192, method=Image.Quantize.MAXCOVERAGE).getpalette()
    greys = [level for level in np.linspace(0, 255, 64).round().astype(int).tolist() for _ in range(3)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*greys, *(chosen or [])])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
