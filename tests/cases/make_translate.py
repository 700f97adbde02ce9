"""Write ``translate/TOOL.json`` beside this file: what each tool makes of the code that is printed for it.

Run it where the tools are: ``python -m tests.cases.make_translate [TOOL ...]``. Each case is the options, the
code, the pixels that the tool wrote, or the refusal.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tests.cases.translate_options import OPTIONS, picture
from tests.program import invoke

WHERE = Path(__file__).with_name("translate")
# How each tool says its version.
VERSIONS = {
    "imagemagick": "convert -version",
    "vips": "vips --version",
    "gmic": "gmic version",
    "matlab": "octave-cli --version",
}
# The programs that code is run by.
PROGRAMS = {"imagemagick": "convert", "vips": "vips", "gmic": "gmic", "matlab": "octave-cli"}


def run(tool, code):
    """Run the code of a tool in the current folder."""
    if tool == "matlab":
        Path("script.m").write_text(f"pkg load image\n{code}")
        command = ["octave-cli", "-q", "--norc", "--no-history", "script.m"]
    else:
        command = ["sh", "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{code}\n{ran.stderr}"


def read(name):
    """Return the pixels of a picture; grey ones where all channels are alike, however the tool wrote them."""
    with Image.open(name) as image:
        pixels = np.asarray(image.convert("RGB"))
    return pixels[..., 0] if (pixels == pixels[..., :1]).all() else pixels


def translated(place, tool):
    """Return what the program answers for the options at `place`."""
    return invoke(
        "translate", *shlex.split(OPTIONS[place]), "--to", tool, "--input", "in.png", "-o", "out.png"
    )


def main():
    for tool in sys.argv[1:] or VERSIONS:
        ran = subprocess.run(shlex.split(VERSIONS[tool]), capture_output=True, text=True, check=False)
        version = re.search(r"\d+\.\d[\w.-]*", ran.stdout + ran.stderr)
        cases = []
        for place, options in enumerate(OPTIONS):
            ran = translated(place, tool)
            if ran.status:
                assert ran.status == 3, ran.err
                cases.append({"options": options, "refused": ran.err.strip()})
                continue
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                Image.fromarray(picture(place)).save("in.png")
                run(tool, ran.out.decode())
                pixels = read("out.png").tolist()
                os.chdir("/")
            cases.append({"options": options, "code": ran.out.decode(), "pixels": pixels})
        lines = ",\n".join(json.dumps(case) for case in cases)
        text = f'{{"version": {json.dumps(version[0])}, "cases": [\n{lines}\n]}}\n'
        (WHERE / f"{tool}.json").write_text(text)


if __name__ == "__main__":
    main()
