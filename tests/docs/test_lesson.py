"""The lesson says the same in both languages, and its figures are measured.

Its commands are run by test_commands.py.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.docs.shown import clone, commands, run, script
from tests.paths import ROOT

MAKE = script("make_lesson")
SOURCE: dict[str, Any] = MAKE.lesson()
SECTIONS = [section for section in SOURCE["section"] if "command" in section]
PAGES = {language: file.read_text("utf-8") for language, file in MAKE.FILES.items()}
SHOWN = {language: dict(commands(text)) for language, text in PAGES.items()}
WITH_A_POINT = r"(?<![\d.])\d+\.\d+(?!\d|\.\d)"


def outline(text: str) -> list[tuple[str, str]]:
    """Return the level of each heading, each command and each picture, in order."""
    found = re.findall(r"^(#+) |^\$ ((?:.*\\\n)*.*)|^!\[.*\]\((.*)\)$", text, re.MULTILINE)
    return [(level, command or picture) for level, command, picture in found]


def test_both_languages_have_the_same_headings_commands_and_pictures_in_order() -> None:
    assert outline(PAGES["en"]) == outline(PAGES["zh"])
    assert len(SHOWN["en"]) >= 20
    assert len(SHOWN["en"]) == len(SECTIONS), "one command for each section"


@pytest.mark.parametrize("language", MAKE.FILES)
def test_the_pages_are_made_of_their_source(language: str) -> None:
    assert MAKE.page(SOURCE, language, SHOWN[language]) == PAGES[language], "run docs/make_lesson.py"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["en"]["title"])
def test_three_sentences_say_what_to_see(section: dict[str, Any]) -> None:
    for language, stop in (("en", "."), ("zh", "。")):
        sentences = [re.sub(WITH_A_POINT, "0", sentence) for sentence in section[language]["see"]]
        assert [sentence.find(stop) for sentence in sentences] == [
            len(sentence) - 1 for sentence in sentences
        ]
        assert len(sentences) == 3


def test_chinese_is_chinese() -> None:
    for section in SOURCE["section"]:
        words = section["zh"]
        assert set(words) == set(section["en"])
        for text in (words["title"], words["text"], *words.get("see", ())):
            assert re.search("[一-鿿]", text), text
            assert not re.search("[一-鿿][,;:!?]", text), f"full-width marks follow Chinese: {text}"


def _loss(command: str, folder: Path) -> list[str]:
    """The loss of step 20 from eight random starts: least and largest."""
    said = [run(f"{command} --seed {seed}", folder).both for seed in range(8)]
    return sorted(re.findall(r"Step 20, loss (\S+)", "".join(said)))[:: len(said) - 1]


def _without_pooling(command: str, folder: Path) -> list[str]:
    """How far the result resembles that of the moved picture where the stack has no pooling layer."""
    stack = folder / "sample_images" / "stacks" / "edges.toml"
    layers, _, pool = stack.read_text("utf-8").rpartition("[[layer]]")
    assert 'type = "pool"' in pool
    stack.write_text(layers, "utf-8")
    (unpooled,) = re.findall(r"\(r = (\S+)\)", run(command, folder).both)
    return [unpooled]


# Figures that a section's sentences give beyond its own command's output, and what measures them.
MEASURED: dict[str, Callable[[str, Path], list[str]]] = {"gd": _loss, "--shift 1,0": _without_pooling}
# Figures that are computed in the sentence itself.
COMPUTED = {"3.5": (8 - 3) / 2 + 1, "0.778": 7 / 9}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section["en"]["title"])
def test_figures_are_measured(
    section: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVCLI_LANG", "en")
    command = MAKE.command(section)
    figures, same = (set(re.findall(WITH_A_POINT, " ".join(section[of]["see"]))) for of in ("en", "zh"))
    assert figures == same
    figures -= set(re.findall(WITH_A_POINT, command + SHOWN["en"][command]))
    figures -= {text for text, value in COMPUTED.items() if abs(float(text) - value) < 0.0005}
    more = [measure for part, measure in MEASURED.items() if part in command]
    measured = {figure for measure in more for figure in measure(command, clone(tmp_path / "clone"))}
    assert figures == measured


def test_five_channels_and_ten_kernels_make_ten_maps(tmp_path: Path) -> None:
    """The shapes that the section on several channels tells: PyTorch's Conv2d(5, 10, 3) without padding."""
    np.save(tmp_path / "channels.npy", np.ones((100, 100, 5)))
    np.save(tmp_path / "weights.npy", np.ones((10, 5, 3, 3)))
    layer = f'[[layer]]\ntype = "conv"\nweights = "weights.npy"\nbias = {[0] * 10}\n'
    (tmp_path / "stack.toml").write_text(layer)
    ran = run("convcli run stack.toml channels.npy -o maps.npy --summary", tmp_path)
    assert np.load(tmp_path / "maps.npy").shape == (98, 98, 10)
    assert "10x98x98" in ran.both
    for language, share in (("en", "450 weights and 10 biases"), ("zh", "450 个权值和 10 个偏置")):
        assert share in PAGES[language]
    assert "460" in ran.both


def test_pictures_are_few_and_small() -> None:
    pictures = [MAKE.stored(section) for section in SECTIONS if "picture" in section]
    assert pictures
    assert sum(picture.stat().st_size for picture in pictures) < 400_000
    assert sorted(pictures) == sorted((ROOT / "docs" / "pictures").glob("lesson-*"))
