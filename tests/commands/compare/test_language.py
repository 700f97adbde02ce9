"""The printed report in Chinese: everything that people read, and nothing that programs read."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.pages import english_in
from tests.paths import SAMPLES

KERNEL = ("compare", "a.png", "-k", "box")
REPORTS = [
    ((*KERNEL, "--crop", "3"), "边缘带内与真值的差"),
    (KERNEL, "没有 --crop 或 --truth，就无从知道哪种模式最好"),
    ((*KERNEL, "-p", "valid,zero"), "zero 与各模式的中值平均相差"),
    ((*KERNEL, "--truth", "large.png", "--stride", "2"), "裁自 large.png (40 x 44) 的 4,5 处"),
    ((*KERNEL, "--shift", "2,3"), "结果随之平移 2,3，内部"),
    ((*KERNEL, "--shift", "1,0", "--stride", "2"), "平移量不是结果步距 2,2 的整数倍。"),
    ((*KERNEL, "--bias-map", "--samples", "9"), "9 张 30 x 32 像素的随机图像"),
    ((*KERNEL, "b.png", "--crop", "3"), "2 张图像，box"),
    (("compare", "a.png", "--stack", SAMPLES / "stacks" / "edges.toml"), "边缘带深"),
    (("compare", "a.png", "-k", "-"), "标准输入的卷积核"),
]


@pytest.fixture
def pictures(convcli):
    """Write a picture, one that holds it, and another."""
    whole = np.random.default_rng(5).integers(0, 256, (40, 44), np.uint8)
    Image.fromarray(whole).save("large.png")
    Image.fromarray(whole[4:34, 5:37]).save("a.png")
    Image.fromarray(whole[::-1][4:34, 5:37]).save("b.png")
    return convcli


@pytest.mark.parametrize(("command", "said"), REPORTS, ids=map(str, range(len(REPORTS))))
def test_reports_have_no_english(pictures, command, said):
    ran = pictures(*command, "--lang", "zh", stdin=b"1 2 1; 2 4 2; 1 2 1")
    assert ran.status == 0, ran.err
    text = ran.out.decode()
    assert said in text
    names = ("a.png", "large.png", "crop", "truth", "edges")
    assert english_in(text.splitlines(), *names, "inf") == []


def test_json_notes_and_errors_stay_english(pictures, monkeypatch):
    command = (*KERNEL, "--crop", "3", "--json")
    english = json.loads(pictures(*command).out)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    spoken = json.loads(pictures(*command).out)
    assert {**spoken, "seconds": 0} == {**english, "seconds": 0}
    pictures("compare", "a.png").check_refusal(2, "there is nothing to compare with", "give --kernel SPEC")
    assert "边缘带" in pictures(*KERNEL, "--crop", "3").out.decode()
    assert "border band" in pictures(*KERNEL, "--crop", "3", "--lang", "en").out.decode()
