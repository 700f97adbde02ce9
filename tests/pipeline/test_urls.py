"""Inputs, patterns and outputs as URLs: in memory, on a web server, in a store of S3's kind."""

import errno
import io
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convcli as cv
from convcli.atomic_write import write_bytes
from convcli.cli import app  # noqa: F401 -- the package of commands is loaded before modules are hidden
from convcli.errors import ConvcliError, OutputError
from convcli.stores import files as stores
from tests.pipeline.test_naming import COMMANDS
from tests.program import Convcli, pixels, process
from tests.servers import Web, at_s3

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")
pytest.importorskip("s3fs")


def picture(seed: int = 5) -> bytes:
    file = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 256, (9, 11), dtype=np.uint8)
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def mirrored(data: bytes) -> list[list[int]]:
    """The pixels after the kernel that takes the left neighbour, reflected at the border."""
    values = pixels(data)
    return np.concatenate([values[:, 1:2], values[:, :-1]], axis=1).tolist()  # type: ignore[no-any-return]


LEFT = ("-k", "0 0 0; 1 0 0; 0 0 0")


@pytest.fixture
def memory() -> Any:
    """The files of ``memory://``, by their names."""
    store = fsspec.filesystem("memory").store
    store.clear()
    yield store
    store.clear()


def keys(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="shelf").get("Contents", ())]


def content(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="shelf", Key=key)["Body"].read())


# Outputs of every command.


@pytest.mark.parametrize(("args", "name"), COMMANDS.values(), ids=COMMANDS)
def test_every_command_writes_to_a_url(convcli: Convcli, memory: Any, args: list[str], name: str) -> None:
    Path("in.png").write_bytes(picture())
    Path("s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')
    assert convcli(*args, "made/").status == 0
    ran = convcli(*args, "memory://made/")
    assert ran.status == 0, ran.err
    assert list(memory) == [f"/made/{name}"]
    assert f"memory://made/{name}" in ran.out.decode()
    mine = Path("made", name).read_bytes().replace(b"made/", b"memory://made/")
    assert memory[f"/made/{name}"].getvalue() == mine or name.endswith(".html")
    memory[f"/made/{name}"] = type(memory[f"/made/{name}"])(None, name, b"mine")
    again = convcli(*args, "memory://made/")
    assert (again.status, again.out) == (1, b"")
    assert again.lines[-1].startswith("error: ")
    assert f"'memory://made/{name}' is already there; hint: add --force" in again.lines[-1]
    assert memory[f"/made/{name}"].getvalue() == b"mine"
    assert convcli(*args, "memory://made/", "--force").status == 0
    assert memory[f"/made/{name}"].getvalue() != b"mine"


def test_sheets_and_maps_of_layers(convcli: Convcli, memory: Any) -> None:
    Path("in.png").write_bytes(picture())
    Path("s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')
    args = ["run", "s.toml", "in.png", "-o", "memory://out.npy"]
    ran = convcli(*args, "--save-maps", "memory://maps", "--sheet", "memory://sheets/")
    assert ran.status == 0, ran.err
    assert "/out.npy" in memory
    assert "/sheets/in-sheet.png" in memory
    assert [name for name in memory if name.startswith("/maps/")]
    refused = convcli(*args, "--save-maps", "memory://maps", "--force", "--sheet", "memory://other/")
    assert refused.status == 0, refused.err
    refused = convcli(*args, "--save-maps", "memory://maps")
    assert refused.status == 1
    assert "is already there" in refused.err


# A store.


def test_a_pattern_of_a_bucket_into_a_bucket(convcli: Convcli, s3: Any) -> None:
    for seed, name in enumerate(["a.png", "b.png", "deep/a.png", "notes.txt"]):
        s3.put_object(Bucket="shelf", Key=f"in/{name}", Body=picture(seed))
    ran = convcli("filter", "s3://shelf/in/*.png", *LEFT, "--out-dir", "s3://shelf/out")
    assert ran.out.decode().split() == ["s3://shelf/out/a-matrix.png", "s3://shelf/out/b-matrix.png"], ran.err
    assert pixels(content(s3, "out/a-matrix.png")).tolist() == mirrored(picture(0))
    assert pixels(content(s3, "out/b-matrix.png")).tolist() == mirrored(picture(1))

    again = convcli("filter", "s3://shelf/in/*.png", *LEFT, "--out-dir", "s3://shelf/out")
    assert (again.status, again.out) == (1, b"")
    assert again.err.count("is already there; hint: add --force to replace it") == 2
    s3.put_object(Bucket="shelf", Key="out/a-matrix.png", Body=b"mine")
    assert convcli("filter", "s3://shelf/in/*.png", *LEFT, "-o", "s3://shelf/out/", "--force").status == 0
    assert pixels(content(s3, "out/a-matrix.png")).tolist() == mirrored(picture(0))


@pytest.mark.parametrize(
    "inputs", ["s3://shelf/in", "s3://shelf/in/", "s3://shelf/in/*", "s3://shelf/in/**/*.png"]
)
def test_folders_below_are_kept(convcli: Convcli, s3: Any, inputs: str) -> None:
    for name in ("a.png", "deep/a.png", "deep/er/b.png", "deep/er/notes.txt"):
        s3.put_object(Bucket="shelf", Key=f"in/{name}", Body=picture())
    ran = convcli("filter", inputs, *LEFT, "--out-dir", "out", "--recursive")
    assert ran.status == 0, ran.err
    names = ["out/a-matrix.png", "out/deep/a-matrix.png", "out/deep/er/b-matrix.png"]
    assert sorted(ran.out.decode().split()) == names


def test_an_explicit_name_is_replaced_but_no_input(convcli: Convcli, s3: Any) -> None:
    s3.put_object(Bucket="shelf", Key="a.png", Body=picture())
    s3.put_object(Bucket="shelf", Key="b.png", Body=b"mine")
    args = ["filter", "s3://shelf/a.png", *LEFT, "-o"]
    assert convcli(*args, "s3://shelf/b.png").out == b"s3://shelf/b.png\n"
    assert pixels(content(s3, "b.png")).tolist() == mirrored(picture())
    for same in ("s3://shelf/a.png", "s3a://shelf/a.png"):
        convcli(*args, same).check_refusal(1, f"-o: '{same}' is ", "--force")
    assert content(s3, "a.png") == picture()
    convcli("filter", "s3://shelf/a.png", "s3://shelf/b.png", *LEFT, "-o", "s3://shelf/c.png").check_refusal(
        2, "2 inputs cannot all go to 's3://shelf/c.png'", "-o DIR/"
    )


def test_a_derived_name_takes_three_requests(
    convcli: Convcli, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture, whether its result is there, and the result."""
    from s3fs import S3FileSystem

    s3.put_object(Bucket="shelf", Key="a.png", Body=picture())
    real, asked = S3FileSystem._call_s3, []

    async def counted(self: Any, method: str, *args: Any, **options: Any) -> Any:
        asked.append(method)
        return await real(self, method, *args, **options)

    monkeypatch.setattr(S3FileSystem, "_call_s3", counted)
    assert convcli("filter", "s3://shelf/a.png", *LEFT, "--out-dir", "s3://shelf/out").status == 0
    assert asked == ["get_object", "get_object", "put_object"]


def test_two_writers_at_once(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store itself decides: both writers have found nothing before."""
    s3.put_object(Bucket="shelf", Key="a.png", Body=b"the first")
    monkeypatch.setattr(stores, "exists", lambda _: False)
    with pytest.raises(OutputError, match="is already there"):
        write_bytes("s3://shelf/a.png", b"the second", replace=False)
    assert content(s3, "a.png") == b"the first"
    write_bytes("s3://shelf/a.png", b"the first", replace=False)  # as if a lost answer were asked for again
    write_bytes("s3://shelf/a.png", b"the first", replace=False, again=True)
    with pytest.raises(OutputError, match="is already there"):
        write_bytes("s3://shelf/a.png", b"the secon", replace=False, again=True)


def test_empty_large_and_changed_objects(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_SMALL", 1 << 20)
    s3.put_object(Bucket="shelf", Key="empty", Body=b"")
    s3.put_object(Bucket="shelf", Key="large", Body=b"ab" * 700_000)
    assert stores.read_url("s3://shelf/empty", 10) == b""
    assert stores.read_url("s3://shelf/large", 1_400_000) == b"ab" * 700_000
    with pytest.raises(ConvcliError, match="its size 1400000 is above the limit of 1399999 bytes"):
        stores.read_url("s3://shelf/large", 1_399_999)
    s3.put_object(Bucket="shelf", Key="small", Body=b"abc")
    assert stores.read_url("s3://shelf/small", 3) == b"abc"
    with pytest.raises(ConvcliError, match="its size 3 is above the limit of 2 bytes"):
        stores.read_url("s3://shelf/small", 2)
    size, mark = stores.identity("s3://shelf/large")
    assert size == 1_400_000
    s3.put_object(Bucket="shelf", Key="large", Body=b"ba" * 700_000)
    assert stores.identity("s3://shelf/large")[0] == size
    assert stores.identity("s3://shelf/large")[1] != mark
    assert stores.exists("s3://shelf/large")
    assert not stores.exists("s3://shelf/larg")
    assert stores.is_folder("s3://shelf/larg/")
    assert not stores.is_folder("s3://shelf/larg")


@pytest.mark.parametrize(
    ("url", "recursive", "says", "hint"),
    [
        ("s3://shelf/none.png", False, "'s3://shelf/none.png' does not exist", "check the spelling"),
        ("s3://other-shelf/a.png", False, "no bucket of that name", "AWS_ENDPOINT_URL"),
        ("s3://other-shelf/*.png", False, "nothing matches", "there is no folder 's3://other-shelf/'"),
        ("s3://other-shelf", True, "no bucket of that name", "AWS_ENDPOINT_URL"),
        ("s3://shelf/other/*.png", False, "nothing matches", "there is no folder 's3://shelf/other/'"),
        ("s3://shelf/in/*.gif", False, "nothing matches 's3://shelf/in/*.gif'", "suffix"),
        ("s3://shelf/in", False, "'s3://shelf/in' is a folder", "--recursive"),
        ("s3://shelf/text", True, "no pictures found in 's3://shelf/text'", "files such as .png"),
        ("s3://shelf", False, "no name of a file in a bucket", "s3://bucket/name"),
        ("s3://shelf/in/a[1].png", False, "'s3://shelf/in/a[1].png' does not exist", "spelling"),
    ],
)
def test_what_a_store_does_not_have(
    convcli: Convcli, s3: Any, url: str, recursive: bool, says: str, hint: str
) -> None:
    s3.put_object(Bucket="shelf", Key="in/a.png", Body=picture())
    s3.put_object(Bucket="shelf", Key="text/a.txt", Body=b"a")
    options = ["--recursive"] if recursive else []
    convcli("filter", url, *LEFT, *options).check_refusal(1, says, hint)


def test_brackets_may_be_meant_as_they_stand(convcli: Convcli, s3: Any) -> None:
    s3.put_object(Bucket="shelf", Key="a[1].png", Body=picture())
    assert convcli("filter", "s3://shelf/a[1].png", *LEFT).out == b"a[1]-matrix.png\n"


DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
EXPIRED = DENIED.replace(b"AccessDenied", b"ExpiredToken")


@pytest.mark.parametrize(
    ("answer", "told"), [(DENIED, "access is denied;"), (EXPIRED, "access is denied (ExpiredToken);")]
)
def test_a_store_that_denies_access(
    convcli: Convcli, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes, told: str
) -> None:
    at_s3(web.address, monkeypatch, tmp_path)
    web.pages["*"] = (403, {"Content-Type": "application/xml"}, answer)
    Path("in.png").write_bytes(picture())
    for given in ("s3://shelf/a.png", "s3://shelf/*.png"):
        ran = convcli("filter", given, *LEFT)
        ran.check_refusal(1, f"'{given}' may not be read: {told}")
        assert "AWS_ACCESS_KEY_ID" in ran.err
    convcli("filter", "in.png", *LEFT, "--out-dir", "s3://shelf").check_refusal(
        1, f"may not be written: {told}"
    )
    assert not [path for path in web.asked if "EXAMPLE" in path]


@pytest.mark.usefixtures("s3")
def test_no_credentials(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3fs import S3FileSystem

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    S3FileSystem.clear_instance_cache()
    convcli("filter", "s3://shelf/a.png", *LEFT).check_refusal(
        1, "no credentials were found", "FSSPEC_S3_ANON"
    )
    S3FileSystem.clear_instance_cache()


def test_a_put_that_breaks_leaves_what_was_there(
    convcli: Convcli, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server says how much it wants, and hangs up."""
    at_s3(web.address, monkeypatch, tmp_path)
    web.pages["*"] = (503, {}, b"<Error><Code>SlowDown</Code><Message>Please slow down</Message></Error>")
    Path("in.png").write_bytes(picture())
    ran = convcli("filter", "in.png", *LEFT, "-o", "s3://shelf/a.png")
    ran.check_refusal(1, "'s3://shelf/a.png' cannot be written: the server answers 503", "try again")
    assert {request.split()[0] for request in web.asked} == {"PUT"}
    assert len(web.asked) > 1  # it was tried again


@pytest.mark.parametrize("replace", [True, False])
def test_what_is_large_is_one_request(s3: Any, monkeypatch: pytest.MonkeyPatch, replace: bool) -> None:
    """In parts of one byte, as s3fs would send it here, its mark is no MD5, but has their number."""
    from s3fs import S3FileSystem

    monkeypatch.setattr(S3FileSystem._pipe_file, "__defaults__", (1, None, "overwrite"))
    write_bytes("s3://shelf/a.bin", b"abc", replace=replace)
    entry = s3.head_object(Bucket="shelf", Key="a.bin")
    assert entry["ETag"] == '"900150983cd24fb0d6963f7d28e17f72"'  # RFC 1321, A.5


# A server of files, which a process that is killed could leave half written.


class Shelf(fsspec.get_filesystem_class("file")):  # type: ignore[misc]
    """Files of a folder, as servers of files have them: without a way to write one at once."""

    protocol = "shelf"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return os.path.abspath(path.removeprefix("shelf://"))

    pipe_file = fsspec.AbstractFileSystem.pipe_file


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "dir"


def test_a_file_gets_its_name_when_it_is_whole(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes("shelf://dir/a.bin", b"old", replace=False)
    assert {path.name: path.read_bytes() for path in shelf.iterdir()} == {"a.bin": b"old"}
    with pytest.raises(OutputError, match="is already there"):
        write_bytes("shelf://dir/a.bin", b"new", replace=False)

    seen = []

    def fail(_: Shelf, temporary: str, path: str) -> None:
        seen.extend([Path(temporary).read_bytes(), Path(path).read_bytes()])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "mv", fail)
        with pytest.raises(OutputError, match=r"'shelf://dir/a.bin' cannot be written: No space left"):
            write_bytes("shelf://dir/a.bin", b"new")
    assert seen == [b"new", b"old"]
    assert {path.name: path.read_bytes() for path in shelf.iterdir()} == {"a.bin": b"old"}
    write_bytes("shelf://dir/a.bin", b"new")
    assert {path.name: path.read_bytes() for path in shelf.iterdir()} == {"a.bin": b"new"}


# The web.


def test_a_picture_of_the_web_is_fetched_once(convcli: Convcli, web: Web) -> None:
    web.pages["/my%20cat.png"] = picture()
    ran = convcli("filter", f"{web.address}/my%20cat.png?id=5", *LEFT, "--json")
    assert ran.status == 0, ran.err
    assert web.asked == ["GET /my%20cat.png?id=5"]
    assert convcli("filter", f"{web.address}/my cat.png?sig=a b", *LEFT, "-o", "b.png").status == 0
    assert convcli("filter", f"{web.address}/my%20cat.png?sig=a%2Fb%7E", *LEFT, "-o", "b.png").status == 0
    # Spaces are escaped; what is escaped stays as it was signed.
    assert web.asked[1:] == ["GET /my%20cat.png?sig=a+b", "GET /my%20cat.png?sig=a%2Fb%7E"]
    assert pixels("my cat-matrix.png").tolist() == mirrored(picture())
    shouted = web.address.replace("http", "HTTP")  # RFC 3986, 3.1: schemes are the same in capitals
    assert convcli("filter", f"{shouted}/my%20cat.png", *LEFT, "-o", "b.png").status == 0
    # Without a suffix, and by two redirections.
    web.pages["/one"] = (302, {"Location": "/two"}, b"")
    web.pages["/two"] = (301, {"Location": "/my%20cat.png"}, b"")
    assert convcli("filter", f"{web.address}/one", *LEFT).out == b"one-matrix.png\n"
    assert pixels("one-matrix.png").tolist() == mirrored(picture())
    web.pages["/"] = picture()
    assert convcli("filter", f"{web.address}/", *LEFT).out == b"picture-matrix.png\n"


def test_a_web_server_that_lists_its_files(convcli: Convcli, web: Web) -> None:
    listing = b'<a href="b.png">b</a> <a href="a.png">a</a> <a href="notes.txt">n</a> <a href="..">up</a>'
    web.pages |= {"/in/": (200, {"Content-Type": "text/html"}, listing), "/in/a.png": picture(1)}
    web.pages["/in/b.png"] = picture(2)
    web.pages["/deep/"] = (200, {"Content-Type": "text/html"}, b'<a href="a%20b/">a</a>')
    web.pages["/deep/a%20b/"] = (200, {"Content-Type": "text/html"}, b'<a href="c.png">c</a>')
    web.pages |= {"/deep/a%20b": (301, {"Location": "/deep/a%20b/"}, b""), "/deep/a%20b/c.png": picture()}
    ran = convcli("filter", f"{web.address}/deep/", *LEFT, "--out-dir", "out", "--recursive")
    assert ran.out == b"out/a b/c-matrix.png\n", ran.err
    for given in (["/in/*.png"], ["/in/", "--recursive"]):
        ran = convcli("filter", web.address + given[0], *given[1:], *LEFT, "--out-dir", "out", "--force")
        assert ran.out == b"out/a-matrix.png\nout/b-matrix.png\n", ran.err
        assert pixels("out/b-matrix.png").tolist() == mirrored(picture(2))
    ran = convcli("filter", f"{web.address}/in/*.gif", *LEFT)
    ran.check_refusal(1, "nothing matches", "may not list its files: name them")


PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    ("page", "says", "hint"),
    [
        ((404, {}, b""), "does not exist", "check the address"),
        ((401, {}, b""), "may not be read: access is denied", "is a login needed"),
        ((403, {}, b""), "may not be read: access is denied", "is a login needed"),
        ((500, {}, b""), "the server answers 500 Internal Server Error", "try again"),
        ((418, {}, b""), "the server answers 418", "check the address"),
        ((302, {"Location": "/a.png"}, b""), "from one address to the next without end", "check the address"),
        ((200, {"Content-Length": "9999"}, picture()), "the connection broke before the end", "try again"),
        (
            (200, {"Content-Length": "9" * 12}, picture()),
            "its size 999999999999 is above the limit",
            "--max-pixels",
        ),
        ((200, {"Content-Type": "text/html"}, PAGE), "is a web page, not a picture", "error page"),
        ((200, {}, b""), "is empty", "cut short"),
        ((200, {}, picture()[:70]), "", ""),
    ],
    ids=str,
)
def test_what_the_web_answers(
    convcli: Convcli, web: Web, page: tuple[int, dict[str, str], bytes], says: str, hint: str
) -> None:
    web.pages["/a.png"] = page
    ran = convcli("filter", f"{web.address}/a.png", *LEFT)
    ran.check_refusal(1, f"'{web.address}/a.png'", None)
    ran.check_refusal(1, says, hint)
    assert os.listdir() == []


def test_what_has_no_end_is_cut_off(convcli: Convcli, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a length, bytes are counted as they come: 1 pixel leaves 64 MiB, lowered here."""
    monkeypatch.setattr("convcli.imaging.reading.read.PIPE_LEAST", 2_500_000)
    web.pages["/a.png"] = (200, {"Content-Length": ""}, b"x" * 9_000_000)
    ran = convcli("filter", f"{web.address}/a.png", *LEFT, "--max-pixels", "1")
    ran.check_refusal(1, "is above the limit of 2500004 bytes", "--max-pixels")


def test_servers_that_are_not_there(convcli: Convcli) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        ran = convcli("filter", f"http://127.0.0.1:{port}/a.png", *LEFT)
        ran.check_refusal(1, "the server cannot be reached", "check the address, and the network")


def test_addresses_that_are_none(convcli: Convcli, web: Web) -> None:
    convcli("filter", "http://", *LEFT).check_refusal(1, "'http://'", "check")
    convcli("filter", "s4://shelf/a.png", *LEFT).check_refusal(2, "scheme 's4' is not known", "such as s3")
    convcli("filter", "htps://shelf/a.png", *LEFT).check_refusal(2, "scheme 'htps'", "did you mean 'https'?")
    secure = web.address.replace("http", "https")
    convcli("filter", f"{secure}/a.png", *LEFT).check_refusal(1, "TLS", "is it http")


def test_the_web_is_only_read(convcli: Convcli, web: Web) -> None:
    Path("in.png").write_bytes(picture())
    for output in (["-o", f"{web.address}/a.png"], ["--out-dir", web.address], ["-o", f"{web.address}/"]):
        ran = convcli("filter", "in.png", *LEFT, *output)
        ran.check_refusal(1, "cannot be written: http is only read", "s3://")
    ran = convcli("filter", "in.png", *LEFT, "-o", "zip://a.png::memory://b.zip")
    ran.check_refusal(1, "cannot be written: archives are only read", "s3://")
    assert web.asked == []
    assert os.listdir() == ["in.png"]


def test_passwords_and_signatures_are_shown_nowhere(convcli: Convcli, web: Web) -> None:
    web.pages |= {"/a.png": picture(), "/k.json": b"[[0, 1], [2, 3]]", "/cut.png": (403, {}, b"")}
    address = web.address.replace("//", "//user:hunter2@")
    signed = f"{address}/a.png?X-Amz-Signature=deadbeef"
    kernel = f"{address}/k.json?sig=deadbeef"
    outputs = ["-o", "made/", "--force"]
    for args in (
        ["filter", signed, *LEFT, *outputs, "--sheet", "made/sheet.png", "-v"],
        ["filter", signed, *LEFT, *outputs, "--json"],
        ["filter", signed, f"{address}/cut.png?sig=deadbeef", *LEFT, *outputs, "--json"],
        ["filter", signed, "-k", kernel, *outputs, "--json", "-v"],
        ["compare", signed, "-k", kernel, "-o", "made/", "--html", "made/c.html", "--force"],
        ["explain", signed, "-k", kernel, "--html", "made/e.html", "--force"],
        ["explain", signed, "-k", kernel, "--at", "3,3"],
        ["kernels", "show", kernel],
        ["kernels", "show", kernel, "--json"],
        ["kernels", "export", kernel, "-o", "made/k.toml"],
        ["kernels", "show", f"{address}/a.png?sig=deadbeef"],
        ["show", signed, "-k", "box"],
        ["spectrum", signed, "-k", "box"],
        ["learn", signed, signed, "--size", "1", "-o", "made/k.json", "--force"],
        ["filter", f"{address}/none.png?sig=deadbeef", *LEFT],
        ["filter", f"{address}/*.png?sig=deadbeef", *LEFT],
        ["filter", signed, *LEFT, "-o", f"{address}/b.png?sig=deadbeef"],
        ["filter", signed, *LEFT, "-o", "s4://user:hunter2@127.0.0.1/b.png?sig=deadbeef"],
    ):
        ran = convcli(*args)
        assert "hunter2" not in ran.both, args
        assert "deadbeef" not in ran.both, args
        assert "127.0.0.1" in ran.both or ran.status == 0, args
    assert os.listdir("made")
    for path in Path("made").iterdir():
        assert b"hunter2" not in path.read_bytes(), path
        assert b"deadbeef" not in path.read_bytes(), path
    assert web.logins[0] == "Basic dXNlcjpodW50ZXIy"  # user:hunter2 in base 64


def test_nothing_but_the_error_is_said(web: Web, tmp_path: Path) -> None:
    """No warning of asyncio or aiohttp on the way out, whatever the server did."""
    web.pages |= {
        "/a.png": (200, {"Content-Length": "9999"}, picture()),
        "/b.png": (302, {"Location": "/b.png"}, b""),
    }
    web.pages["/d.png"] = (403, {}, b"no")
    urls = [f"{web.address}/{name}.png" for name in "abcd"]
    options = {"AWS_ENDPOINT_URL": web.address, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    ran = process(
        "filter",
        *urls,
        "s3://shelf/a.png",
        *LEFT,
        cwd=tmp_path,
        env={**os.environ, **options, "PYTHONWARNINGS": "default"},
    )
    assert ran.returncode == 1
    lines = ran.stderr.decode().splitlines()
    assert [line[:6] for line in lines] == ["error:"] * 5 + ["0 done"], lines


# What is needed for it.


def test_without_the_extra(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("in.png").write_bytes(picture())
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
        monkeypatch.setitem(sys.modules, name, None)
    for args in (
        ["s3://shelf/a.png"],
        ["s3://shelf/*.png"],
        ["s3://shelf", "--recursive"],
        ["in.png", "-o", "memory://a.png"],
    ):
        ran = convcli("filter", *args, *LEFT)
        ran.check_refusal(1, "needs an optional package", "pip install 'convcli[remote]'")
    assert os.listdir() == ["in.png"]


def test_without_the_package_of_one_store(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = sys.modules["fsspec.registry"]._registry
    for scheme in ("gs", "s3"):
        monkeypatch.delitem(loaded, scheme, raising=False)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    convcli("filter", "gs://shelf/a.png", *LEFT).check_refusal(1, "optional package", "gcsfs")
    convcli("filter", "s3://shelf/a.png", *LEFT).check_refusal(1, "optional package", "'convcli[remote]'")


def test_local_files_need_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(picture())
    script = (
        "import sys; from convcli.cli import main\n"
        "try: main()\n"
        "finally:\n"
        "    ours = 'convcli.stores.store_errors'\n"
        "    print(sorted({'fsspec', 'aiohttp', 'asyncio', ours} & set(sys.modules)))"
    )
    args = [sys.executable, "-c", script, "filter", (tmp_path / "in.png").as_uri(), *LEFT]
    ran = subprocess.run(args, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ran.stdout == "in-matrix.png\n[]\n", ran.stderr


# Elsewhere.


@pytest.mark.usefixtures("memory")
def test_archives_in_a_store(convcli: Convcli) -> None:
    import zipfile

    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.writestr("in/a.png", picture(1))
        archive.writestr("in/deep/b.png", picture(2))
        archive.writestr("in/../../up.png", picture(2))  # which would be beside the folder of the results
    write_bytes("memory://a.zip", Path("a.zip").read_bytes())
    ran = convcli("filter", "zip://in/*.png::memory://a.zip", *LEFT)
    assert ran.out == b"a-matrix.png\n", ran.err
    assert pixels("a-matrix.png").tolist() == mirrored(picture(1))
    ran = convcli("filter", "zip://in/*.png::a.zip", *LEFT, "--force")  # on the disk
    assert ran.out == b"a-matrix.png\n", ran.err
    ran = convcli("filter", "zip://::memory://a.zip", *LEFT, "--recursive", "--out-dir", "out")
    made = ["out/in/up-matrix.png", "out/in/a-matrix.png", "out/in/deep/b-matrix.png"]
    assert ran.out.decode().split() == made, ran.err


@pytest.mark.usefixtures("memory")
def test_arrays_kernels_and_what_learn_prints(convcli: Convcli) -> None:
    write_bytes("memory://in.png", picture())
    assert convcli("filter", "memory://in.png", *LEFT, "-o", "memory://out.png").status == 0
    ran = convcli("learn", "memory://in.png", "memory://out.png", "--size", "3", "-o", "memory://k.json")
    assert ran.status == 0, ran.err
    assert "-k memory://k.json" in ran.err + ran.out.decode()
    assert convcli("filter", "memory://in.png", "-k", "memory://k.json", "-o", "made.png").status == 0
    assert pixels("made.png").tolist() == mirrored(picture())
    file = io.BytesIO()
    np.savez(file, a=np.ones((2, 2)), b=np.full((3, 3), 5.0))
    write_bytes("memory://two.npz", file.getvalue())
    assert convcli("show", "memory://two.npz:b", "--as", "csv").out.split() == [b"5,5,5"] * 3
    convcli("filter", "in", "-k", "memory://none.json").check_refusal(
        2, "'memory://none.json' does not exist"
    )


def test_a_stack_and_its_weights(convcli: Convcli, memory: Any) -> None:
    file = io.BytesIO()
    np.save(file, np.array([[[[0, 0, 0], [1, 0, 0], [0, 0, 0]]]]))
    stack = b'gray = true\nscale = "byte"\n[[layer]]\ntype = "conv"\nweights = "w.npy"\n'
    stack += b'padding = "same"\npad = "reflect"\n'
    write_bytes("memory://in/left.toml", stack)
    write_bytes("memory://in/w.npy", file.getvalue())
    Path("in.png").write_bytes(picture())
    ran = convcli("run", "memory://in/left.toml", "in.png", "-o", "out.npy")
    assert ran.status == 0, ran.err
    assert np.load("out.npy").squeeze().tolist() == mirrored(picture())
    del memory["/in/w.npy"]
    ran = convcli("run", "memory://in/left.toml", "in.png")
    ran.check_refusal(2, "'memory://in/w.npy' does not exist", "spelling")
    convcli("run", "memory://none.toml", "in.png").check_refusal(2, "'memory://none.toml' does not exist")


def test_tiles_and_levels(convcli: Convcli, memory: Any) -> None:
    """A file that is written piece by piece goes to a store as it would to a disk."""
    tifffile = pytest.importorskip("tifffile")
    Path("in.png").write_bytes(picture())
    for output in ("a.tif", "memory://a.tif"):
        ran = convcli("filter", "in.png", *LEFT, "-o", output, "--tile", "16", "--levels", "2")
        assert ran.status == 0, ran.err
    made = memory["/a.tif"].getvalue()
    assert made == Path("a.tif").read_bytes()
    assert tifffile.imread(io.BytesIO(made)).tolist() == mirrored(picture())


def test_the_python_interface(memory: Any) -> None:
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    cv.write_image("memory://a.png", values)
    assert memory["/a.png"].getvalue().startswith(b"\x89PNG")
    assert cv.read_image("memory://a.png").tolist() == values.tolist()
