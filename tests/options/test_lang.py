"""--lang, CONVCLI_LANG and the locale, and encodings that have no Chinese letters."""

import os

import pytest

from tests.paths import SAMPLES
from tests.program import Convcli, process

COMMAND = ("compare", str(SAMPLES / "notes-5x5.csv"), "-k", "box", "--crop", "1")
EXPLAIN = ("explain", COMMAND[1], "-k", "box", "--at", "0,0")
STACK = (
    "explain",
    str(SAMPLES / "letter-x.csv"),
    "--stack",
    str(SAMPLES / "stacks" / "letter-x.toml"),
    "--at",
    "0,0",
)
ENGLISH, CHINESE = "Difference from the truth", "边缘带内与真值的差"
SAID = [
    ({}, (), ENGLISH),
    ({"LANG": "zh_CN.UTF-8"}, (), CHINESE),
    ({"LANG": "zh"}, (), CHINESE),
    ({"LANG": "zh@pinyin"}, (), CHINESE),
    ({"LANG": "zha_CN.UTF-8"}, (), ENGLISH),
    ({"LC_ALL": "zh_TW.UTF-8", "LC_MESSAGES": "C", "LANG": "C"}, (), CHINESE),
    ({"LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, (), CHINESE),
    ({"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, (), ENGLISH),
    ({"LANG": "en_GB.UTF-8"}, ("--lang", "zh"), CHINESE),
    ({"LANG": "en_GB.UTF-8"}, ("--lang", "Chinese"), CHINESE),
    ({"LC_ALL": "zh_CN.UTF-8"}, ("--lang", "en"), ENGLISH),
    ({"CONVCLI_LANG": "zh"}, (), CHINESE),
    ({"CONVCLI_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, (), ENGLISH),
    ({"CONVCLI_LANG": "en"}, ("--lang", "zh"), CHINESE),
]


@pytest.mark.parametrize(("environment", "options", "said"), SAID, ids=map(str, range(len(SAID))))
def test_the_language_of_a_report(convcli: Convcli, monkeypatch, environment, options, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = convcli(*COMMAND, *options)
    assert (ran.status, ran.err) == (0, "")
    assert said in ran.out.decode()


def test_other_languages_are_refused(convcli: Convcli, monkeypatch):
    refused = "language 'fr' is not known"
    convcli(*COMMAND, "--lang", "fr").check_refusal(2, refused, "choose from: en, zh")
    monkeypatch.setenv("CONVCLI_LANG", "fr")
    convcli(*COMMAND).check_refusal(2, f"CONVCLI_LANG: {refused}", "choose from: en, zh")


@pytest.mark.parametrize(
    ("encoding", "command", "said", "notes"),
    [
        ("gb2312", COMMAND, CHINESE, 0),
        ("gb18030", (*EXPLAIN, "--lang", "zh"), "互相关", 0),
        ("ascii", COMMAND, ENGLISH, 0),
        ("iso8859-1", (*COMMAND, "--lang", "zh"), ENGLISH, 1),
        ("iso8859-1", (*COMMAND, "--lang", "zh", "-q"), ENGLISH, 0),
        ("iso8859-1", (*EXPLAIN, "--lang", "zh"), "correlation", 1),
        ("iso8859-1", (*STACK, "--lang", "zh"), "Local connection", 1),
    ],
)
def test_encodings_without_chinese_get_english(tmp_path, encoding, command, said, notes):
    environment = {**os.environ, "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": encoding, "COLUMNS": "80"}
    ran = process(*command, cwd=tmp_path, env=environment)
    assert ran.returncode == 0
    assert said in ran.stdout.decode(encoding)
    assert b"\\u" not in ran.stdout
    note = "--lang zh: stdout is iso8859-1, which has no letters for it; what follows is English"
    assert ran.stderr.decode(encoding).splitlines() == [note] * notes
