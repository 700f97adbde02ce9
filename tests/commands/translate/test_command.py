"""What is printed, what is refused, and what is wrong to ask for."""

import os
import subprocess
import sys

import numpy as np
import pytest

from convcli.choices import Tool
from convcli.errors import CannotTranslate

PYTHON = ("numpy", "scipy", "opencv", "skimage", "pillow")


def code(convcli, *options):
    ran = convcli("translate", *options)
    assert (ran.status, ran.err) == (0, "")
    return ran.out.decode()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("-k gaussian:sigma=1.2 -p symmetric --to scipy", 'ndimage.gaussian_filter(x, 1.2, mode="reflect")'),
        ("-k sobel-x --to scipy", 'ndimage.sobel(x, axis=1, mode="mirror")'),
        ("-k laplacian -p wrap --to scipy", 'ndimage.laplace(x, mode="wrap")'),
        ("-k box:size=5 -p replicate --to scipy", 'ndimage.uniform_filter(x, 5, mode="nearest")'),
        (
            "-k gaussian:sigma=1,size=5 --to opencv",
            "cv2.GaussianBlur(x, (5, 5), 1, borderType=cv2.BORDER_REFLECT_101)",
        ),
        (
            "-k sobel-y -p symmetric --to opencv",
            "cv2.Sobel(x, -1, 0, 1, ksize=3, borderType=cv2.BORDER_REFLECT)",
        ),
        ("-k scharr-x --to opencv", "cv2.Scharr(x, -1, 1, 0, borderType=cv2.BORDER_REFLECT_101)"),
        ("-k box --to opencv", "cv2.blur(x, (3, 3), borderType=cv2.BORDER_REFLECT_101)"),
        (
            "-k gaussian:sigma=2 -p replicate --to skimage",
            'filters.gaussian(x, sigma=2, mode="nearest", preserve_range=True)',
        ),
        ("-k box --to pillow", "ImageFilter.Kernel(k.shape, k.ravel(), scale=1)"),
        ("--pool max --size 2 --to skimage", "block_reduce("),
        ("--pool avg --size 2 --to pillow", "image.reduce((2, 2), box)"),
        ("--pool max --size 3 -s 1 --padding 1 --to scipy", "ndimage.maximum_filter(x, size=3, mode"),
        ("-k sobel-x -p valid --to scipy", "ndimage.sobel(x, axis=1)[1:-1, 1:-1]"),
        ("-k gaussian:sigma=1,size=5 -p wrap --to opencv", "cv2.GaussianBlur(padded, (5, 5), 1)[2:-2, 2:-2]"),
        ("--pool median --size 3 --to opencv", "cv2.medianBlur(np.float32(x), 3)[1:-1:3, 1:-1:3]"),
    ],
)
def test_named_functions_are_used_where_their_numbers_are_equal(convcli, options, says):
    assert says in code(convcli, *options.split())


@pytest.mark.parametrize(
    ("options", "comment"),
    [
        ("-k 1,2;3,5 -p symmetric --to scipy", "mode 'reflect' is convcli's symmetric"),
        ("-k 1,2;3,5 --to scipy", "extra pixel of an even kernel at the top and left"),
        ("-k 1,2;3,5 --to opencv", "extra pixel of an even kernel at the top and left"),
        ("-k 1,2,4 -s 2 --to opencv", "has no stride"),
        ("-k 1,2,4 --to pillow", "rows from the bottom up"),
        ("-k 1,2,4 --convolve --to numpy", "rotated by 180 degrees"),
        ("-k box --to numpy", "colours of 16 bits as 8 bits"),
        ("-k box --gray --to scipy", "colours of 16 bits as 8 bits"),
        ("-k box --to pillow", "16 bits of colours as 8"),
    ],
)
def test_conventions_that_differ_have_a_comment(convcli, options, comment):
    lines = code(convcli, *options.split()).splitlines()
    assert sum(comment in line for line in lines if line.lstrip().startswith("#")) == 1


@pytest.mark.parametrize(
    "options",
    [
        "-k 1,2;3,4 --convolve --to scipy",  # ndimage.convolve anchors as we do
        "-k 1,2;3,4 -p valid --to scipy",
        "-k 1,2;3,4 -p constant --pad-value 9 --to opencv",
    ],
)
def test_even_kernels_have_no_comment_where_no_argument_moves_them(convcli, options):
    text = code(convcli, *options.split())
    assert "extra pixel" not in text
    assert "origin" not in text
    assert "anchor" not in text


def test_symmetric_kernels_are_not_rotated(convcli):
    assert "bottom up" not in code(convcli, "-k", "box", "--to", "pillow")
    assert "::-1" not in code(convcli, "-k", "sharpen", "--convolve", "--to", "numpy")


def test_linters_find_nothing(convcli, tmp_path):
    kinds = (
        "-k gaussian:sigma=1.2 -p symmetric",
        "-k motion -p wrap --convolve --gray",
        "-k sobel -d 2 --range scale --output out.npy",
        "-k sobel-x -k 1,2;3,4 --chain",
        "--pool avg --size 3 --padding 1 --input in.npy",
        "--pool max --global",
    )
    for to in PYTHON:
        for place, options in enumerate(kinds):
            ran = convcli("translate", *options.split(), "--to", to)
            assert ran.status in ((0, 3) if to == "pillow" else (0,)), ran.err
            (tmp_path / f"{to}_{place}.py").write_bytes(ran.out)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("-k disk --to pillow", "above 5x5"),
        ("-k sobel --to pillow", "several kernels"),
        ("-k box -k box --chain --to pillow", "several kernels"),
        ("-k sobel-x --range abs --to pillow", "--range abs"),
        ("-k box --range scale --to pillow", "--range scale"),
        ("-k box --output o.npy --to pillow", "--range raw"),
        ("-k box -p constant --pad-value 0.5 --to pillow", "0.5"),
        ("--pool lp --to pillow", "lp pooling"),
        ("--pool max --to pillow", "odd squares"),
        ("--pool median --size 7 --to opencv", "3x3 or 5x5"),
        ("--pool avg --size 3 -s 2 --ceil --to opencv", "--ceil"),
        ("--pool median --size 2 --to scipy", "medians"),
        ("--pool max --size 3 --ceil --to numpy", "--ceil"),
        ("--pool lp --to scipy", "Lp"),
        ("--pool avg --size 3 -d 2 --to opencv", "dilation"),
        ("-k box -k sharpen --range scale --output o.npy --to numpy", "each feature map"),
    ],
)
def test_what_a_tool_cannot_do_is_refused(convcli, options, says):
    convcli("translate", *options.split()).check_refusal(CannotTranslate.exit_status, says)


def test_a_sum_over_channels_is_refused(convcli, tmp_path):
    np.save(tmp_path / "k.npy", np.ones((3, 2, 2)))
    for to in PYTHON:
        convcli("translate", "-k", "k.npy", "--to", to).check_refusal(3, "over channels")


@pytest.mark.parametrize("to", PYTHON)
def test_a_stack_is_refused_by_tools_without_layers(convcli, tmp_path, to):
    (tmp_path / "stack.toml").write_text('[[layer]]\ntype = "relu"\n')
    convcli("translate", "stack.toml", "--to", to).check_refusal(3, "layers", "--to torch")


@pytest.mark.parametrize(
    ("options", "says", "hint"),
    [
        ("-k box", "--to is missing", "--to TOOL"),
        ("-k box --to scipi", "'scipi'", "did you mean 'scipy'"),
        ("-k box --to numpy --from x", "exclude each other", "--from"),
        ("--to numpy", "--kernel is missing", "-k SPEC"),
        ("-k box --pool max --to numpy", "--kernel and --pool exclude", "one of them"),
        ("-k box --size 3 --to numpy", "--size has no effect", "--pool"),
        ("--pool max --bias 1 --to numpy", "--bias has no effect", "kernels"),
        ("--pool max --norm 3 --to numpy", "--norm 3 has no effect", "lp"),
        ("-k box -k sharpen --to numpy", "2 feature maps", "--combine"),
        ("-k box --range raw --to numpy", "--range raw", ".npy"),
        ("-k box --input - --to pillow", "--input '-'", "name a file"),
        ("-k box -o - --to matlab", "--output '-'", "name a file"),
        ("-k box --global --to numpy", "--global has no effect without --pool", "--pool max"),
        ("s.toml --gray --to torch", "--gray has no effect with STACK.toml", "a stack says"),
        ("s.toml --pad wrap --to torch", "--pad has no effect with STACK.toml", "leave it out"),
        ("-k sobl --to numpy", "'sobl'", "sobel"),
        ("-k box -k box -k box --combine orientation --to numpy", "needs two maps", "pair"),
    ],
)
def test_wrong_usage(convcli, options, says, hint):
    convcli("translate", *options.split()).check_refusal(2, says, hint)


@pytest.mark.parametrize(
    ("word", "tool"), [("cv2", Tool.OPENCV), ("PIL", Tool.PILLOW), ("Octave", Tool.MATLAB)]
)
def test_tools_have_other_names(word, tool):
    assert Tool.parse(word) is tool


def test_file_names_are_quoted(convcli):
    text = code(convcli, "-k", "box", "--to", "numpy", "--input", 'a "b"\\c.png', "--output", "d\ne.npy")
    compiled = compile(text, "script", "exec")
    assert {'a "b"\\c.png', "d\ne.npy"} <= set(compiled.co_consts)


def test_stdout_is_the_code_alone_and_the_environment_counts(convcli, monkeypatch):
    monkeypatch.setenv("CONVCLI_PAD", "wrap")
    assert 'mode="wrap"' in code(convcli, "-k", "box", "--to", "scipy")


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="the system has no /dev/fd")
def test_a_stack_is_read_once_so_that_a_pipe_will_do(convcli):
    reader, writer = os.pipe()
    os.write(writer, b'[[layer]]\ntype = "relu"\n')
    os.close(writer)
    try:
        assert "nn.ReLU()," in code(convcli, f"/dev/fd/{reader}", "--to", "torch")
    finally:
        os.close(reader)
