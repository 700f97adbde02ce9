"""Write ``learn_tools.npz`` beside this file: a small picture, and what ImageMagick and libvips make of it.

Needs ``convert`` (ImageMagick 6.9.11 made the stored ones) and ``vips`` (8.14.1); the tests read the file
with NumPy alone. Each command is stored with its result.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent

MATRICES = {
    "box.mat": "3 3 9 0\n1 1 1\n1 1 1\n1 1 1\n",
    "sobel.mat": "3 3 1 0\n-1 0 1\n-2 0 2\n-1 0 1\n",
}

GAUSS = "convert in.png -virtual-pixel {} -gaussian-blur 0x1.2 out.png"
CONVOLVE = "convert in.png -virtual-pixel {} -define convolve:scale={} -morphology Convolve"

CASES = {
    "imagemagick gaussian-blur edge": GAUSS.format("edge"),
    "imagemagick gaussian-blur mirror": GAUSS.format("mirror"),
    "imagemagick gaussian-blur tile": GAUSS.format("tile"),
    "imagemagick gaussian-blur black": GAUSS.format("black"),
    "imagemagick blur": "convert in.png -virtual-pixel mirror -blur 0x1.2 out.png",
    "imagemagick unsharp": "convert in.png -unsharp 0x1.2+0.8+0 out.png",
    "imagemagick sobel": f"{CONVOLVE.format('edge', '50%!')} Sobel:0 -depth 8 out.png",
    "imagemagick emboss": "convert in.png -virtual-pixel tile -bias 50% -define convolve:scale=50%! "
    "-morphology Convolve 3x3:-2,-1,0,-1,1,1,0,1,2 out.png",
    "imagemagick sharpen": f"{CONVOLVE.format('edge', '1')} 3:0,-1,0,-1,5,-1,0,-1,0 out.png",
    "imagemagick disk": f"{CONVOLVE.format('mirror', '!')} Disk:2.3 out.png",
    "vips conv box": "vips conv in.png out.png box.mat --precision float",
    "vips conv sobel": "vips conv in.png out.tif sobel.mat --precision float",
    "vips gaussblur": "vips gaussblur in.png out.tif 1.5 --precision float",
}


def main() -> None:
    camera = Image.open(HERE.parents[1] / "sample_images" / "camera.png").convert("L")
    # neither black nor white, and some of everything: coat, hand, tripod and grass
    small = camera.crop((190, 110, 190 + 92, 110 + 76))
    held = {"input": np.asarray(small)}
    with tempfile.TemporaryDirectory() as folder:
        small.save(Path(folder, "in.png"))
        for name, text in MATRICES.items():
            Path(folder, name).write_text(text)
        for name, command in CASES.items():
            subprocess.run(command.split(), cwd=folder, check=True)
            (out,) = [word for word in command.split() if word.startswith("out.")]
            held[name] = np.asarray(Image.open(Path(folder, out)))
    held["commands"] = np.array(json.dumps(CASES))
    np.savez_compressed(HERE / "learn_tools.npz", **held)


if __name__ == "__main__":
    main()
