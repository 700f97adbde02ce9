"""What is a URL, what it shows to people, and which name a file has in it."""

import pytest

from convcli.stores import files as stores


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("s3://bucket/a.png", True),
        ("memory://a.png", True),
        ("http://server/a.png?x=y", True),
        ("git+ssh://server/a.png", True),
        ("zip://a.png::s3://bucket/b.zip", True),
        ("simplecache::s3://bucket/a.png", True),
        ("C:\\pictures\\a.png", False),
        ("C:/pictures/a.png", False),
        ("c://a.png", False),
        ("gaussian:sigma=2", False),
        ("scipy:reflect", False),
        ("two.npz:a", False),
        ("folder/s3://bucket/a.png", False),
        ("://a.png", False),
        ("-", False),
        ("0 -1 0; -1 5 -1; 0 -1 0", False),
    ],
)
def test_a_url_has_a_scheme(text: str, is_one: bool) -> None:
    assert stores.is_url(text) is is_one


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:hunter2@server/a.png", "http://server/a.png"),
        ("https://token@server:8080/a.png", "https://server:8080/a.png"),
        ("ftp://user:p%40ss@server/a@b.png", "ftp://server/a@b.png"),
        ("http://server/a.png?id=5&page=two", "http://server/a.png?id=5&page=two"),
        (
            "http://server/a.png?id=5&X-Amz-Signature=0f3a&x=y",
            "http://server/a.png?id=5&X-Amz-Signature=...&x=y",
        ),
        ("http://server/a?access_token=abc", "http://server/a?access_token=..."),
        ("az://box/a.png?sv=2022&sig=ab%2Fc", "az://box/a.png?sv=2022&sig=..."),
        ("http://server/a?p=0123456789abcdef0123456789abcdef", "http://server/a?p=..."),
        ("zip://a.png::http://u:p@server/b.zip", "zip://a.png::http://server/b.zip"),
        (
            "error: 'http://u:p@server/a': 'ftp://u:p@server/b'; hint: x",
            "error: 'http://server/a': 'ftp://server/b'; hint: x",
        ),
        ("mail me@here about sig=5", "mail me@here about sig=5"),
        ("s3://bucket/me@home/a.png", "s3://bucket/me@home/a.png"),
    ],
)
def test_passwords_and_signatures_are_left_out(text: str, shown: str) -> None:
    assert stores.public(text) == shown


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("dir/a?x=y.png", "dir/a?x=y.png"),
        ("http://server/my%20cat.png?x=y.gif#part", "http://server/my cat.png"),
        ("s3://bucket/a.png?versionId=7", "s3://bucket/a.png"),
        ("s3://bucket/100%25 what?.png", "s3://bucket/100%25 what?.png"),
        ("zip://in/a.png::http://server/b.zip", "zip://in/a.png"),
        ("simplecache::s3://bucket/a.png", "s3://bucket/a.png"),
    ],
)
def test_the_part_with_the_name(url: str, path: str) -> None:
    assert stores.plain(url) == path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///tmp/a%20b.png", "/tmp/a b.png"),
        ("FILE://localhost/tmp/*.png", "/tmp/*.png"),
        ("file://near/a.png", "near/a.png"),
        ("a.png", "a.png"),
        ("s3://bucket/a.png", "s3://bucket/a.png"),
    ],
)
def test_a_local_file_by_url(url: str, path: str) -> None:
    assert stores.local(url) == path


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("s3://bucket/*.png", True),
        ("s3://bucket/a?.png", True),
        ("s3://bucket/[ab].png", True),
        ("s3://bucket/a.png", False),
        ("s3://bucket/a.png?versionId=7", False),
        ("http://server/a.png?x=*", False),
        ("http://server/*.png?x=y", True),
        ("zip://a.png::s3://bucket/*.zip", False),
    ],
)
def test_a_pattern(url: str, is_one: bool) -> None:
    assert stores.is_pattern(url) is is_one
