"""What is decoded ahead of time is what would have been read."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from convcli.errors import ImageError
from convcli.imaging.reading import pillow_files, prefetch
from convcli.imaging.reading.read import read_picture

SIDE = 400


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    prefetch._early = None


def _noise(channels: int, seed: int = 0) -> np.ndarray:
    shape = (SIDE, SIDE + 1, channels)[: 3 if channels > 1 else 2]
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _grey_with_key(path: Path) -> None:
    Image.fromarray(_noise(1)).save(path, transparency=7)


def _text_behind(path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add(b"tEXt", b"Comment\0after the pixels", after_idat=True)
    Image.fromarray(_noise(3)).save(path, pnginfo=text)


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(_noise(3)).save(path, exif=exif, quality=98)


def _sixteen(path: Path) -> None:
    Image.fromarray(_noise(1).astype(np.uint16) * 257).save(path)


def _animated(path: Path) -> None:
    first, second = (Image.fromarray(_noise(3, seed)) for seed in (1, 2))
    first.save(path, save_all=True, append_images=[second])


MADE = {
    "rgb.png": lambda path: Image.fromarray(_noise(3)).save(path),
    "rgba.png": lambda path: Image.fromarray(_noise(4)).save(path),
    "palette.png": lambda path: Image.fromarray(_noise(3)).quantize(256).save(path),
    "key.png": _grey_with_key,
    "text.png": _text_behind,
    "plain.jpg": lambda path: Image.fromarray(_noise(1)).save(path, quality=98),
    "turned.jpg": _turned,
}
OTHERWISE = {
    "sixteen.png": _sixteen,
    "animated.png": _animated,
    "rgb.gif": lambda path: Image.fromarray(_noise(3)).save(path),
    "rgb.tif": lambda path: Image.fromarray(_noise(3)).save(path),
}


@pytest.mark.parametrize("name", [*MADE, *OTHERWISE])
def test_reads_the_same(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    (MADE | OTHERWISE)[name](path)
    assert path.stat().st_size >= prefetch.LEAST
    plain = read_picture(path)
    prefetch.begin([str(path)], 10**6)
    begun = read_picture(path)
    assert (begun.space, begun.format, begun.notes) == (plain.space, plain.format, plain.notes)
    assert begun.metadata == plain.metadata
    assert len(begun.frames) == len(plain.frames)
    for one, other in zip(begun.frames, plain.frames, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels, strict=True)
        assert (one.alpha is None) == (other.alpha is None)
        if one.alpha is not None and other.alpha is not None:
            np.testing.assert_array_equal(one.alpha, other.alpha, strict=True)


@pytest.mark.parametrize("name", [*MADE, *OTHERWISE])
def test_opens_a_picture_once(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    (MADE | OTHERWISE)[name](path)
    opened = []
    whole = pillow_files.open_picture
    monkeypatch.setattr(pillow_files, "open_picture", lambda *given: opened.append(given) or whole(*given))
    prefetch.begin([str(path)], 10**6)
    read_picture(path)
    assert bool(opened) == (name in OTHERWISE)
    opened.clear()
    read_picture(path)  # what was decoded ahead is given out once
    assert opened


def test_only_the_first_and_only_what_is_large_enough(tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.fromarray(_noise(1)[:20]).save(small)
    Image.fromarray(_noise(3)).save(large)
    for inputs in ([], ["-"], [str(tmp_path / "missing.png")], [str(tmp_path)], [str(small), str(large)]):
        prefetch.begin(inputs, 10**6)
        assert prefetch._early is None
    prefetch.begin([str(large), str(small)], 10**6)
    assert prefetch.content(str(small)) is None
    assert prefetch.content(str(large)) == large.read_bytes()


def test_what_was_begun_and_not_read_is_forgotten(tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.fromarray(_noise(1)[:20]).save(small)
    Image.fromarray(_noise(3)).save(large)
    prefetch.begin([str(large)], 10**6)
    prefetch.begin([str(small)], 10**6)
    Image.fromarray(_noise(3, seed=9)).save(large)
    np.testing.assert_array_equal(read_picture(large).frames[0].pixels, _noise(3, seed=9))


@pytest.mark.parametrize(
    ("name", "damage"), [("rgb.png", 5000), ("plain.jpg", 5000), ("rgb.png", 30), ("plain.jpg", 12)]
)
def test_damage_is_told_as_ever(name: str, damage: int, tmp_path: Path) -> None:
    path = tmp_path / name
    MADE[name](path)
    whole = path.read_bytes()
    path.write_bytes(whole[:damage] + os.urandom(prefetch.LEAST))
    with pytest.raises(ImageError) as plain:
        read_picture(path)
    prefetch.begin([str(path)], 10**6)
    with pytest.raises(ImageError) as begun:
        read_picture(path)
    assert str(begun.value) == str(plain.value)


def test_the_limit_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rgb.png"
    MADE["rgb.png"](path)
    loaded = []
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda self: loaded.append(self))
    prefetch.begin([str(path)], 1000)
    with pytest.raises(ImageError, match="than the limit of 1000"):
        read_picture(path, max_pixels=1000)
    assert not loaded
