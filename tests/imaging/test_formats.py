import pytest
from PIL import Image as Pillow

from convcli.errors import UsageError
from convcli.imaging import formats


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.png", "png"),
        ("a.JPG", "jpeg"),
        ("b/c.d/e.jpeg", "jpeg"),
        ("a.tif", "tiff"),
        ("a.tiff", "tiff"),
        ("x.npz", "npz"),
        ("new\nline.Csv", "csv"),
        ("a.apng", "png"),
    ],
)
def test_the_suffix_says_the_format(path, name):
    assert formats.format_of(path).name == name


WORDS = "png jpg jpeg tif tiff webp gif bmp pnm ppm pgm pfm npy npz csv tsv json PNG .png jp2 avif"


@pytest.mark.parametrize("word", WORDS.split(" "))
def test_names_are_understood(word):
    assert formats.format_of("-", word).name in formats.names()


def test_the_name_beats_the_suffix():
    assert formats.format_of("a.png", "jpg").name == "jpeg"


def test_an_unknown_suffix_suggests_the_nearest_or_lists_all():
    with pytest.raises(UsageError, match=r"'a\.pgn'") as caught:
        formats.format_of("a.pgn")
    assert caught.value.hint == "did you mean '.png'?"
    with pytest.raises(UsageError) as caught:
        formats.format_of("a.docx")
    assert caught.value.hint == "'convcli formats' lists them all"


def test_no_suffix_names_the_option():
    with pytest.raises(UsageError, match="has no suffix") as caught:
        formats.format_of("picture")
    assert "--format" in caught.value.hint


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UsageError, match="format 'jepg' is not known") as caught:
        formats.by_name("jepg")
    assert "jpeg" in caught.value.hint


def test_pillow_knows_every_encoder_that_is_named():
    Pillow.init()
    for name in formats.names():
        pillow = formats.by_name(name).pillow
        assert not pillow or pillow in Pillow.SAVE


def test_every_format_of_several_frames_can_save_them():
    Pillow.init()
    for name in formats.names():
        format = formats.by_name(name)
        if format.frames and name not in ("pgm", "ppm", "pnm", "pam", "pfm"):
            assert format.pillow in Pillow.SAVE_ALL


def test_no_suffix_is_shared():
    suffixes = [suffix for name in formats.names() for suffix in formats.by_name(name).suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_hints_name_formats_that_can_hold_it():
    assert ".tif" in formats.holding(depth="float")
    assert ".png" not in formats.holding(depth="float")
    assert formats.holding(frames=True).split(", ") == [".png", ".tif", ".webp", ".gif", ".avif"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("a.png", True),
        ("a.PSD", True),
        ("a.npy", True),
        ("a.csv", False),
        ("a.json", False),
        ("a.txt", False),
        ("png", False),
        (".png", False),
    ],
)
def test_what_a_folder_is_searched_for(name, answer):
    assert formats.is_picture(name) is answer


def test_derived_names_get_a_suffix_that_can_be_written():
    assert formats.suffix_for("jpeg") == ".jpg"
    assert formats.suffix_for("psd") == ".png"
