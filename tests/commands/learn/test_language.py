"""The printed report in Chinese: everything that people read, and nothing that programs read."""

import json
import re

import numpy as np
import pytest
from scipy import ndimage

from convcli.choices import Language
from convcli.commands.learn.report import described
from convcli.display.language import say_english, speaker
from convcli.kernels.recognition.recognise import recognise
from tests.pages import english_in

BEFORE = np.round(np.random.default_rng(11).uniform(0, 255, (24, 26)))
MEAN = ndimage.uniform_filter(BEFORE, 3, mode="wrap")
SOBEL_X = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL = np.pad(SOBEL_X, ((2, 0), (1, 1)))  # one row down in 5 x 5
SHIFTED = ndimage.correlate(BEFORE, SOBEL, mode="wrap")
FRAMED = np.pad(MEAN[1:-1, 1:-1], 1)
REPORTS = [
    (MEAN, (), ["一个卷积核就能精确解释这一对图像。", "边缘：wrap。", "box x 1.00（余弦 1.0000）"]),
    (np.round(MEAN), ("--size", 3), ["除舍入外，一个卷积核就能精确解释这一对图像：残差 0.2"]),
    (FRAMED, ("--size", 3), ["已知的填充都不符合", "最接近，但不符合", "每边除去 1 个像素"]),
    (MEAN[1:-1, 1:-1], ("--size", 3), ["边缘：valid，卷积核 3x3：由大小可知，24x26 变为 22x24。"]),
    (SHIFTED, ("--size", 5, "--no-bias"), ["sobel-x x 1.00，偏离中心向下 1（余弦 1.0000）"]),
    (np.sin(BEFORE), ("--size", 3, "-p", "zero"), ["以上结果限于：大小 3x3 和边缘 zero；"]),
    (MEAN * 0 + 7, ("--size", 3), ["目标处处相同：只用偏置就能解释。", "R2"]),
    (MEAN, ("--size", 1, "--keep-saturated", "--holdout", ".2"), ["留出", "个数值：残差 "]),
    (
        MEAN,
        ("--method", "gd", "--steps", 4, "--size", 3, "--show-steps", 2, "--l2", 1),
        ["第 2 步，损失 ", "第 4 步，损失 ", "4 步之后", "每一步的损失", "*（权重的平方和）"],
    ),
]
NAMES = ("before.npy", "after.npy", "size", "auto", "convcli", "learn", "filter", "kernel.json", "npy", "raw")


@pytest.mark.parametrize(("after", "options", "said"), REPORTS, ids=map(str, range(len(REPORTS))))
def test_reports_have_no_english(convcli, after, options, said):
    np.save("before.npy", BEFORE)
    np.save("after.npy", after)
    ran = convcli("learn", "before.npy", "after.npy", *options, "--lang", "zh")
    assert ran.status == 0, ran.err
    text = ran.out.decode()
    for words in said:
        assert words in text.replace("\n", "")
    # the commands to copy are typed as they are
    prose = re.sub(r"(?m)^convcli (.*\\\n)*.*$", "", text)
    assert english_in(prose.splitlines(), *NAMES) == []


def test_json_notes_and_errors_stay_english(convcli, monkeypatch):
    np.save("before.npy", BEFORE)
    np.save("after.npy", MEAN)
    command = ("learn", "before.npy", "after.npy", "--size", 3)
    english = json.loads(convcli(*command, "--json").out)
    assert english["verdict"][0] == "One kernel explains this pair exactly."
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    spoken = json.loads(convcli(*command, "--json").out)
    assert {**spoken, "seconds": 0} == {**english, "seconds": 0}
    assert "2 unknowns" in convcli(*command[:3], "--size", 1, "-v").err
    convcli("learn", "before.npy").check_refusal(2, "learn takes pairs", "give INPUT TARGET")
    # the kernel is the product, and the report goes to stderr, in the reader's language
    ran = convcli(*command, "-o", "-")
    assert json.loads(ran.out)
    assert "卷积核来自标准输入" in ran.err


@pytest.mark.parametrize(
    ("weights", "english", "chinese"),
    [
        (SOBEL_X, "sobel-x x 1.00 (cosine 1.0000)", "sobel-x x 1.00（余弦 1.0000）"),
        (np.ones((3, 3)) / 8, "box x 1.12 (cosine 1.0000)", "box x 1.12（余弦 1.0000）"),
        (
            np.rot90([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]], 2),
            "emboss x 1.00, turned 180 degrees (cosine 1.0000)",
            "emboss x 1.00，旋转 180 度（余弦 1.0000）",
        ),
        (
            np.pad([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]], ((2, 0), (0, 4))),
            "laplacian x 1.00, 1 down and 2 left of the middle (cosine 1.0000)",
            "laplacian x 1.00，偏离中心向下 1 和向左 2（余弦 1.0000）",
        ),
    ],
)
def test_a_known_kernel_in_words(weights, english, chinese):
    known = recognise(np.asarray(weights))
    assert known is not None
    assert described(known, say_english) == english
    assert described(known, speaker("convcli.commands.learn", Language.ZH)) == chinese
