"""The quality of JPEG, WebP and AVIF: that of the JPEG which was read, or the one that is asked for."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL.JpegImagePlugin import get_sampling

from tests.paths import SAMPLES
from tests.program import Convcli

# The table for luma of the JPEG standard (ITU-T T.81, table K.1), row by row: quality 50.
LUMA = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
]  # fmt: skip
QUALITIES = [1, 10, 37, 50, 75, 90, 92, 95, 100]


def scaled(quality: int) -> list[int]:
    """The table of the Independent JPEG Group for a quality: that of 50, scaled, from 1 to 255."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(255, max(1, (entry * percent + 50) // 100)) for entry in LUMA]


def photo(mode: str = "RGB") -> PIL.Image.Image:
    with PIL.Image.open(SAMPLES / "coffee.png") as picture:
        return picture.convert("RGB").crop((100, 100, 228, 196)).convert(mode)


def tables(file: str | Path) -> list[list[int]]:
    """The quantisation table of each component."""
    with PIL.Image.open(file) as picture:
        assert picture.format == "JPEG"
        return [list(picture.quantization[table]) for _, _, _, table in picture.layer]


def sampling(file: str | Path) -> int:
    with PIL.Image.open(file) as picture:
        return get_sampling(picture)


def passed(convcli: Convcli, name: str, *options: object, output: str = "out.jpg") -> str:
    ran = convcli("filter", name, "-k", "1", "-o", output, *options)
    assert (ran.status, ran.err) == (0, ""), ran.err
    return output


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", QUALITIES)
def test_a_jpeg_keeps_its_quality(convcli: Convcli, quality: int, subsampling: int):
    photo().save("in.jpg", quality=quality, subsampling=subsampling)
    passed(convcli, "in.jpg")
    assert tables("out.jpg") == tables("in.jpg")
    assert tables("out.jpg")[0] == scaled(quality)
    assert sampling("out.jpg") == subsampling
    assert Path("out.jpg").stat().st_size == pytest.approx(Path("in.jpg").stat().st_size, rel=0.1)


@pytest.mark.parametrize("quality", [20, 60, 88, 97])
@pytest.mark.parametrize("gray", [False, True])
def test_opencvs_too(convcli: Convcli, quality: int, gray: bool):
    pixels = np.asarray(photo("L" if gray else "RGB"))
    cv2.imwrite("in.jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    passed(convcli, "in.jpg")
    assert tables("out.jpg") == tables("in.jpg")
    assert tables("out.jpg")[0] == scaled(quality)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_of_every_kind(convcli: Convcli, mode: str, progressive: bool):
    photo(mode).save("in.jpg", quality=61, progressive=progressive)
    passed(convcli, "in.jpg")
    assert tables("out.jpg") == tables("in.jpg")
    with PIL.Image.open("out.jpg") as made:
        assert (made.mode, bool(made.info.get("progressive"))) == (mode, progressive)


RAMP, FLAT, STEEP = [1 + i for i in range(64)], [7] * 64, [2 + 3 * i for i in range(64)]
WIDE = [40 + 7 * i for i in range(64)]  # entries of 16 bits, as of qualities below 25 that are not baseline


@pytest.mark.parametrize("given", [[RAMP], [RAMP, FLAT], [RAMP, FLAT, STEEP], [RAMP, WIDE]], ids=str)
def test_tables_of_no_quality(convcli: Convcli, given: list[list[int]]):
    """Such as Photoshop's, which are no scaled standard tables, or one for each component."""
    photo().save("in.jpg", qtables=given, subsampling=1)
    expected = tables("in.jpg")
    assert expected == [*given, *[given[-1]] * (3 - len(given))]
    passed(convcli, "in.jpg")
    assert tables("out.jpg") == expected
    passed(convcli, "in.jpg", "--gray", output="gray.jpg")
    assert tables("gray.jpg") == [RAMP]


def test_of_inks_that_were_stored_as_ycck(convcli: Convcli):
    """They are written as CMYK: the finer table of luma is for all, not that of colour differences."""
    photo("CMYK").save("in.jpg", qtables=[RAMP, STEEP, STEEP, RAMP])
    data = Path("in.jpg").read_bytes()
    at = data.index(b"Adobe") + 11  # the transform: 2 is YCCK
    assert data[at] == 0
    Path("in.jpg").write_bytes(data[:at] + b"\2" + data[at + 1 :])
    passed(convcli, "in.jpg")
    assert tables("out.jpg") == [RAMP] * 4


def test_what_is_no_jpeg_becomes_one_of_92(convcli: Convcli):
    photo().save("in.png")
    passed(convcli, "in.png")
    assert tables("out.jpg")[0] == scaled(92)
    assert sampling("out.jpg") == 0


@pytest.mark.parametrize("quality", QUALITIES)
def test_quality_is_taken(convcli: Convcli, quality: int):
    photo().save("in.png")
    photo().save("in.jpg", quality=70, subsampling=2)
    photo().save("theirs.jpg", quality=quality)
    for name, subsampling in (("in.png", 0), ("in.jpg", 2)):
        passed(convcli, name, "--quality", quality)
        assert tables("out.jpg") == tables("theirs.jpg")
        assert sampling("out.jpg") == subsampling


@pytest.mark.parametrize("command", [("pool", "in.png", "--size", 1), ("run", "net.toml", "in.png")], ids=str)
def test_pool_and_run_take_it(convcli: Convcli, command: tuple[Any, ...]):
    photo().save("in.png")
    Path("net.toml").write_text('[[layer]]\ntype = "relu"\n')
    ran = convcli(*command, "-o", "out.jpg", "--quality", 30)
    assert ran.status == 0, ran.err
    assert tables("out.jpg")[0] == scaled(30)


def errors(name: str) -> float:
    with PIL.Image.open(name) as made:
        return float(np.abs(np.asarray(made.convert("RGB"), float) - np.asarray(photo(), float)).mean())


@pytest.mark.parametrize("suffix", ["webp", "avif"])
def test_webp_and_avif(convcli: Convcli, suffix: str):
    photo().save("in.png")
    sizes, far = [], []
    for quality in (5, 40, 75, 95):
        name = passed(convcli, "in.png", "--quality", quality, output=f"{quality}.{suffix}")
        sizes.append(Path(name).stat().st_size)
        far.append(errors(name))
    assert sizes == sorted(sizes)
    assert sizes[-1] > 3 * sizes[0]
    assert far == sorted(far, reverse=True)
    buffer = io.BytesIO()
    kept = {"subsampling": "4:4:4"} if suffix == "avif" else {}
    photo().save(buffer, suffix, quality=40, **kept)
    assert sizes[1] == pytest.approx(len(buffer.getvalue()), rel=0.05)


def test_webp_without_it_stays_as_it_was(convcli: Convcli):
    photo().save("in.png")
    assert errors(passed(convcli, "in.png", output="lossless.webp")) == 0
    photo().save("lossy.webp", quality=80)
    made = passed(convcli, "lossy.webp", output="again.webp")
    assert b"VP8 " in Path(made).read_bytes()


def test_animations_take_it(convcli: Convcli):
    frames = [photo().rotate(5 * angle) for angle in range(3)]
    frames[0].save("in.webp", save_all=True, append_images=frames[1:], lossless=True, duration=50)
    for suffix in ("webp", "avif"):
        small, large = (
            Path(passed(convcli, "in.webp", "--quality", quality, output=f"{quality}.{suffix}"))
            .stat()
            .st_size
            for quality in (10, 95)
        )
        assert 3 * small < large
        with PIL.Image.open(f"10.{suffix}") as made:
            assert made.n_frames == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "out.png"], "--quality has no effect on PNG"),
        (["-o", "out.tif"], "--quality has no effect on TIFF"),
        (["-o", "out.dat", "--format", "npy"], "--quality has no effect on NPY"),
        (["--format", "gif"], "--quality has no effect on GIF"),
    ],
)
def test_formats_without_one_refuse_it(convcli: Convcli, snapshot, options: list[str], says: str):
    photo().save("in.jpg")
    before = snapshot()
    convcli("filter", "in.jpg", "-k", "1", "--quality", 80, *options).check_refusal(
        2, says, ".jpg, .webp or .avif"
    )
    assert snapshot() == before


@pytest.mark.parametrize("value", ["0", "101", "-3"])
def test_qualities_are_from_1_to_100(convcli: Convcli, value: str):
    photo().save("in.jpg")
    ran = convcli("filter", "in.jpg", "-k", "1", "-o", "out.jpg", "--quality", value)
    ran.check_refusal(2, f"--quality {value} is not a quality", "1 (coarse and small) to 100")


def test_a_name_made_from_a_lossless_input_is_a_note(convcli: Convcli):
    photo().save("a.png")
    photo().save("b.jpg")
    ran = convcli("filter", "a.png", "b.jpg", "-k", "1", "--quality", 33)
    assert (ran.status, ran.err) == (0, "a.png: --quality has no effect on PNG\n")
    assert tables("b-matrix.jpg")[0] == scaled(33)


def test_sheets_have_it_too(convcli: Convcli):
    photo().save("in.jpg")
    assert convcli("filter", "in.jpg", "-k", "1", "--sheet", "sheet.jpg", "--quality", 33).err == ""
    assert tables("sheet.jpg")[0] == tables("in-matrix.jpg")[0] == scaled(33)
