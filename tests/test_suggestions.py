"""What is suggested for a name that is not known: only what is near, for every kind of name."""

import pytest

from convcli.choices import Choice, Combine, Compress, Depth, Layout, Method, PadMode, PoolMode, RangeMode
from convcli.errors import ConvcliError, nearest, unknown
from convcli.imaging import formats
from convcli.kernels import library
from convcli.kernels.spec import kernel
from tests.program import COMMANDS

FILTER = next(one for name, one in COMMANDS.commands.items() if name == "filter")
OPTIONS = sorted(name for option in FILTER.params for name in option.opts if name.startswith("--"))
SUFFIXES = [suffix[1:] for one in formats.every() if one.written for suffix in one.suffixes]
PADS = [*PadMode, *PadMode.synonyms()]

SLIPS = {
    # one letter left out, doubled, replaced, or swapped with the next
    "options": (
        OPTIONS,
        "--strid --stride, --stirde --stride, --kernal --kernel, --kernl --kernel, --forse --force, "
        "--dialtion --dilation, --normalise --normalize, --convlove --convolve, --jbos --jobs, "
        "--rang --range, --outdir --out-dir, --max_pixels --max-pixels, --recursiv --recursive, "
        "--compres --compress, --quite --quiet, --alhpa --alpha",
    ),
    # a beginning, or a longer form of the same word
    "stems": (
        OPTIONS,
        "--verb --verbose, --recurse --recursive, --dilate --dilation, --compression --compress, "
        "--kernels --kernel, --output-file --output, --convolution --convolve, --comb --combine",
    ),
    "kernels": (
        list(library.names()),
        "sobl sobel, gausian gaussian, guassian gaussian, gauss gaussian, laplacain laplacian, "
        "sharpn sharpen, sobelx sobel-x, sobel_y sobel-y, prewit prewitt, embos emboss, laplac laplacian",
    ),
    "suffixes": (SUFFIXES, "pgn png, jpgg jpg, tifff tiff, wepb webp, jsn json, cvs csv, nyp npy, bpm bmp"),
    "pads": (
        PADS,
        "reflct reflect, refelct reflect, relfect reflect, symetric symmetric, simmetric symmetric, "
        "wrpa wrap, zeor zero, constnat constant, replciate replicate, miror mirror, circuler circular, "
        "zeroes zeros",
    ),
}


@pytest.mark.parametrize(("known", "table"), SLIPS.values(), ids=SLIPS)
def test_slips_are_understood(known, table):
    pairs = [(given, meant) for given, meant in map(str.split, table.split(","))]
    assert len(pairs) > 5
    assert {given: nearest(given, known) for given, _ in pairs} == dict(pairs)


FAR = {
    # of the same length, or with letters in common, and another word all the same
    "options": (
        [one for one in OPTIONS if one != "--quality"],  # as before there was one
        "--quality --mask --sigma --crop --width --angle --threads --filter --border --log --x",
    ),
    "suffixes": (SUFFIXES, "svg doc mp4 heic exr raw jxl txt html xls"),
    "kernels": (list(library.names()), "qqqq watershed canny hough 3x3 5 fft wavelet"),
    "pads": (PADS, "foo none extend crop tile black"),
}


@pytest.mark.parametrize(("known", "given"), FAR.values(), ids=FAR)
def test_what_is_far_is_not_suggested(known, given):
    assert {word: nearest(word, known) for word in given.split()} == dict.fromkeys(given.split())


def test_long_words_take_no_time():
    names = [f"a/rather/long/name/of/a/tensor/{i}" * 3 for i in range(2000)]
    assert nearest("b" * 10_000, names) is None
    assert nearest(names[7][:-1] + "x", names[5:9]) == names[7]


@pytest.mark.parametrize("kind", [PadMode, Method, Combine, PoolMode, RangeMode, Depth, Layout, Compress])
def test_each_choice_suggests_or_lists(kind: type[Choice]):
    for value in kind:
        if len(value) >= 4:
            with pytest.raises(ConvcliError) as caught:
                kind.parse(value[1] + value[0] + value[2:])
            assert caught.value.hint == f"did you mean '{value}'?"
    with pytest.raises(ConvcliError) as caught:
        kind.parse("xyzzy")
    assert caught.value.hint == f"choose from: {', '.join(kind)}"


def test_synonyms_are_suggested_and_not_listed():
    with pytest.raises(ConvcliError, match="did you mean 'circular'"):
        PadMode.parse("circuler")
    with pytest.raises(ConvcliError, match="did you mean 'average'"):
        PoolMode.parse("avarage")


def test_a_long_list_is_named_or_cut():
    with pytest.raises(ConvcliError, match="'convcli formats' lists them all"):
        formats.by_name("svg")
    with pytest.raises(ConvcliError, match="'convcli formats' lists them all"):
        formats.format_of("x.svg")
    with pytest.raises(ConvcliError, match=r"did you mean '\.png'"):
        formats.format_of("x.pgn")
    with pytest.raises(ConvcliError, match="'convcli kernels' lists them all"):
        kernel("qqqq")
    hint = unknown("array", "qq", [f"layer{i}" for i in range(40)]).hint
    assert hint.startswith("choose from: layer0, layer1, ")
    assert hint.endswith(", layer11 and 28 more")
    assert unknown("array", "qq", [f"layer{i}" for i in range(13)]).hint.endswith("layer11, layer12")
