"""Write ``shell_calls.json`` beside this file: what lines of the shell make of a picture.

The tests compare it with what the commands give that `translate --from` prints.
"""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

# A mask of libvips, of two rows.
MASK = "3 2 12 0\n1 2 3\n3 2 1\n"
# Lines of the shell, and the options of the command that means the same.
SHELL = [
    (
        "convert in.png -virtual-pixel mirror -define convolve:scale='!' -morphology Convolve "
        "'3x3: 1,2,1 2,4,3 1,2,9' out.png",
        "-k '0.04 0.08 0.04; 0.08 0.16 0.12; 0.04 0.08 0.36' -p symmetric --convolve",
    ),
    (
        "magick in.png -morphology Correlate '2x2: 0.1,0.2 0.3,0.4' out.png",
        "-k '0.1 0.2; 0.3 0.4' -p replicate",
    ),
    (
        "convert in.png -morphology Convolve '2x2: 0.1,0.2 0.3,0.4' out.png",
        "-k '0.1 0.2; 0.3 0.4' -p replicate --padding 1,0,1,0 --convolve",
    ),
    (
        "convert in.png -virtual-pixel tile -define convolve:bias=50% -morphology Convolve Sobel out.png",
        "-k '1 0 -1; 2 0 -2; 1 0 -1' -p wrap --bias 127.5 --convolve",
    ),
    (
        "convert in.png -virtual-pixel white -define convolve:scale='0.5!' -morphology Convolve "
        "'3: 0,1,2,3,4,5,6,7,8' out.png",
        "-k '0 1/72 1/36; 1/24 1/18 5/72; 1/12 7/72 1/9' -p constant --pad-value 255 --convolve",
    ),
    (
        "convert in.png -define convolve:scale=0.5 -morphology Convolve '3: 0,-1,0,-1,6,-1,0,-1,1' out.png",
        "-k '0 -0.5 0; -0.5 3 -0.5; 0 -0.5 0.5' -p replicate --convolve",
    ),
    (
        "convert in.png -morphology Convolve Gaussian:2x1.3 out.png",
        "-k gaussian:sigma=1.3,size=5 -p replicate --convolve",
    ),
    (
        "convert in.png -define convolve:scale=0.5 -morphology Convolve Gaussian:1x1 out.png",
        "-k '0.03755680397705576 0.06192070157648699 0.03755680397705576; 0.06192070157648699 "
        "0.10208997778582905 0.06192070157648699; 0.03755680397705576 0.06192070157648699 "
        "0.03755680397705576' -p replicate --convolve",
    ),
    ("convert in.png -gaussian-blur 2x1.3 out.png", "-k gaussian:sigma=1.3,size=5 -p replicate"),
    ("vips convf in.png out.png m.mat", "-k m.mat -p replicate --padding 1,0,1,1"),
    ("vips conv in.png out.png m.mat", "-k m.mat -p replicate --padding 1,0,1,1"),
]


def picture() -> np.ndarray:
    """Return the picture that is filtered."""
    return np.random.default_rng(3).integers(0, 256, (13, 17), dtype=np.uint8)


def result(call: str) -> np.ndarray:
    """Return what a line writes in the current folder."""
    Path("out.png").unlink(missing_ok=True)
    subprocess.run(shlex.split(call), check=True, capture_output=True)
    with Image.open("out.png") as image:
        return np.asarray(image.convert("L")).astype(int)


def main() -> None:
    where, home = Path(__file__).with_name("shell_calls.json"), os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("m.mat").write_text(MASK)
        Image.fromarray(picture()).save("in.png")
        # Not every machine has a program called magick: convert is the same.
        made = {
            call: result(call.replace("magick ", "convert ", 1) if call.startswith("magick") else call)
            for call, _ in SHELL
        }
        os.chdir(home)
    where.write_text(json.dumps({call: values.tolist() for call, values in made.items()}))
    print(where, where.stat().st_size)


if __name__ == "__main__":
    main()
