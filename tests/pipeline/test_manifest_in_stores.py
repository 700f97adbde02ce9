"""--resume where inputs or results are in a store, here one in this process's memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convcli.errors import OutputError
from convcli.pipeline.records import stored_lines
from tests.program import Convcli, Ran

fsspec = pytest.importorskip("fsspec")

NAMES = ("a", "b", "c")
POOL = ("pool", "memory://in/*.png", "--jobs", "1", "--out-dir")
OUT = "memory://out"


@pytest.fixture
def store() -> Iterator[Any]:
    """An empty store with three pictures below ``in``."""
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for seed, name in enumerate(NAMES):
        put(memory, f"/in/{name}.png", seed)
    yield memory
    memory.store.clear()


def put(memory: Any, path: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 8), dtype=np.uint8)
    with memory.open(path, "wb") as file:
        Image.fromarray(pixels).save(file, "PNG")


def results(memory: Any) -> dict[str, bytes]:
    return {path: memory.cat(path) for path in memory.find("/out") if "manifest" not in path}


def manifests(memory: Any) -> list[str]:
    return sorted(path for path in memory.find("/out") if "/.convcli-manifest.jsonl/" in path)


def lines(ran: Ran) -> list[str]:
    assert ran.status == 0, ran.err
    return ran.lines


def test_results_in_a_store(convcli: Convcli, store: Any) -> None:
    assert lines(first := convcli(*POOL, OUT)) == []
    (path,) = manifests(store)
    assert [json.loads(line)["input"] for line in store.cat(path).splitlines()] == [
        f"memory://in/{name}.png" for name in NAMES
    ]
    before = {path: store.info(path)["created"] for path in results(store)}
    assert lines(again := convcli(*POOL, OUT, "--resume")) == ["0 done, 3 skipped"]
    assert again.out == first.out
    assert {path: store.info(path)["created"] for path in results(store)} == before
    assert manifests(store) == [path]


@pytest.mark.parametrize("tiles", [[], ["--tile", "4"]])
def test_zarr_stores_in_a_store(convcli: Convcli, store: Any, tiles: list[str]) -> None:
    """A chunk that was replaced since makes another store of it, as an input and as a result."""
    pytest.importorskip("zarr")
    assert lines(convcli(*POOL, "memory://in/", "--format", "zarr", *tiles)) == []
    command = ("pool", "memory://in/*.zarr", "--jobs", "1", *tiles, "--out-dir", OUT, "--resume")
    convcli(*command)
    assert lines(convcli(*command)) == ["0 done, 3 skipped"]
    for changed in ("/in/a-max.zarr/", "/out/b-max-max.zarr/"):
        chunk = next(path for path in store.find(changed) if "/c/" in path)
        content = store.cat(chunk)
        store.rm(chunk)
        store.pipe_file(chunk, content)
    ran = convcli(*command)
    assert ran.lines[-1] == "2 done, 1 skipped"


@pytest.mark.parametrize("change", ["input", "no result", "another result", "no manifest"])
def test_what_has_changed_in_a_store_is_done_again(convcli: Convcli, store: Any, change: str) -> None:
    convcli(*POOL, OUT)
    before = results(store)
    if change == "input":
        put(store, "/in/b.png", 9)
    elif change == "no result":
        store.rm("/out/b-max.png")
    elif change == "another result":
        store.pipe("/out/b-max.png", before["/out/b-max.png"][::-1])
    else:
        store.rm(manifests(store)[0])
    ran = convcli(*POOL, OUT, "--resume")
    assert lines(ran) == ([] if change == "no manifest" else ["1 done, 2 skipped"])
    assert (results(store) == before) is (change != "input")
    assert len(manifests(store)) == (1 if change == "no manifest" else 2)
    assert lines(convcli(*POOL, OUT, "--resume")) == ["0 done, 3 skipped"]


def test_results_on_this_machine(convcli: Convcli, store: Any) -> None:
    convcli(*POOL, "out")
    assert lines(convcli(*POOL, "out", "--resume")) == ["0 done, 3 skipped"]
    put(store, "/in/c.png", 9)
    assert lines(convcli(*POOL, "out", "--resume")) == ["1 done, 2 skipped"]


def test_a_dry_run_asks_but_writes_nothing(convcli: Convcli, store: Any) -> None:
    convcli(*POOL, OUT)
    store.rm("/out/b-max.png")
    before = {path: store.info(path)["created"] for path in store.find("/")}
    ran = convcli(*POOL, OUT, "--resume", "--dry-run")
    assert ran.out.decode().splitlines() == [
        "memory://in/a.png -> memory://out/a-max.png (skipped: done already)",
        "memory://in/b.png -> memory://out/b-max.png",
        "memory://in/c.png -> memory://out/c-max.png (skipped: done already)",
    ]
    assert lines(ran) == ["1 to do, 2 skipped"]
    assert {path: store.info(path)["created"] for path in store.find("/")} == before


def test_lines_are_written_while_the_work_goes_on(
    convcli: Convcli, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_lines, "LINES", 2)
    convcli(*POOL, OUT)
    assert [len(store.cat(path).splitlines()) for path in manifests(store)] == [2, 1]
    assert lines(convcli(*POOL, OUT, "--resume")) == ["0 done, 3 skipped"]


def test_damaged_lines_in_a_store(convcli: Convcli, store: Any) -> None:
    convcli(*POOL, OUT)
    (path,) = manifests(store)
    first, *others = store.cat(path).splitlines(keepends=True)
    store.pipe(path, b"".join([first, b"{}\n", *others[1:]]))
    assert lines(convcli(*POOL, OUT, "--resume")) == [
        "'memory://out/.convcli-manifest.jsonl': line 2 is damaged and ignored",
        "1 done, 2 skipped",
    ]


def test_a_store_that_takes_no_manifest(
    convcli: Convcli, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OutputError("it may not be written", hint="look at its rights")

    monkeypatch.setattr(stored_lines, "write_url", refuse)
    (line,) = lines(convcli(*POOL, OUT))
    assert line.startswith("'memory://out/.convcli-manifest.jsonl' cannot be written: ")
    assert len(results(store)) == 3


def test_no_password_is_written(convcli: Convcli, store: Any) -> None:
    for name in NAMES:
        put(store, f"/user:secret@server/{name}.png", 1)
    convcli("pool", "memory://user:secret@server/*.png", "--jobs", "1", "--out-dir", "out")
    written = Path("out/.convcli-manifest.jsonl").read_text()
    assert len(written.splitlines()) == 3
    assert "secret" not in written
