"""Write docs/lesson.md and docs/lesson.zh-CN.md, and their pictures, from docs/lesson.toml.

Run ``python docs/make_lesson.py`` after changing lesson.toml, or what one of its commands prints. Every
command is run in a folder that holds nothing but ``sample_images``, 80 columns wide, once for each language;
the tests run them again and compare.
"""

import os
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence

DOCS = Path(__file__).parent
SOURCE = DOCS / "lesson.toml"
FILES = {"en": DOCS / "lesson.md", "zh": DOCS / "lesson.zh-CN.md"}
"""The lesson in each language; the keys are those of lesson.toml and of CONVCLI_LANG."""
# The most pixels that a stored picture is wide, and its number of colours.
WIDTH, COLOURS = 840, 64
# The last column of a table with times, and its rule: outputs that differ in nothing else are kept.
TIMES = re.compile(r" *(?:[\d.]+ m?s|time)$|─+$", re.MULTILINE)

Lesson = dict[str, Any]


def lesson() -> Lesson:
    """Return what lesson.toml holds: `title` and `text` of the page, and its sections in order."""
    return tomllib.loads(SOURCE.read_text("utf-8"))


def page(source: Lesson, language: str, outputs: dict[str, str]) -> str:
    """Return the lesson in one language; `outputs` has what each command prints."""
    parts = [f"# {source[language]['title']}", source[language]["text"]]
    for section in source["section"]:
        parts += _parts(section, language, outputs)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _parts(section: dict[str, Any], language: str, outputs: dict[str, str]) -> Iterator[str]:
    words = section[language]
    yield f"{'#' * section['level']} {words['title']}"
    yield words["text"]
    if "command" in section:
        lines = section["command"].replace("\n", "\n> ")
        yield f"```console\n$ {lines}\n{outputs[command(section)]}```"
    if "picture" in section:
        yield f"![{words['picture']}](pictures/{stored(section).name})"
    if "see" in words:
        yield "\n".join(f"- {sentence}" for sentence in words["see"])


def command(section: dict[str, Any]) -> str:
    """Return the command of a section in one line, as it is run."""
    return str(section["command"]).replace("\\\n", "")


def stored(section: dict[str, Any]) -> Path:
    """Return where the picture that a section's command writes is kept."""
    return DOCS / "pictures" / f"lesson-{section['picture']}"


def frames(path: Path) -> list[Image.Image]:
    """Return the frames of a picture as it is kept: small and in few colours, unless it moves."""
    with Image.open(path) as image:
        if getattr(image, "n_frames", 1) > 1:
            return [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
        image = image.convert("RGB")
        if image.width > WIDTH:
            size = (WIDTH, round(image.height * WIDTH / image.width))
            image = image.resize(size, Image.Resampling.LANCZOS)
        return [image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)]


def keep(path: Path, stored: Path) -> None:
    """Keep a picture that a command has written."""
    pictures = frames(path)
    if len(pictures) > 1:
        shutil.copyfile(path, stored)
    else:
        pictures[0].save(stored, optimize=True)


def main() -> None:
    """Run every command in each language, and write both pages and the pictures."""
    sys.path.insert(0, str(DOCS.parent))
    from tests.docs.shown import clone, commands, run

    source = lesson()
    for language, file in FILES.items():
        os.environ["CONVCLI_LANG"] = language
        shown = commands(file.read_text("utf-8")) if file.exists() else []
        outputs = {line: output or "" for line, output in shown}
        with tempfile.TemporaryDirectory() as name:
            folder = clone(Path(name))
            for section in source["section"]:
                if "command" not in section:
                    continue
                line = command(section)
                ran = run(line, folder)
                if ran.status:
                    sys.exit(f"{line}\n{ran.both}")
                printed = "".join(f"{text.rstrip()}\n" for text in ran.both.splitlines())
                if TIMES.sub("", printed) != TIMES.sub("", outputs.get(line, "")):
                    outputs[line] = printed
                if "picture" in section and language == "en":
                    keep(folder / section["picture"], stored(section))
        file.write_text(page(source, language, outputs), "utf-8")


if __name__ == "__main__":
    main()
