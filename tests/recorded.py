"""Record what every line of ``cases/commands.txt`` gives, and tell later what differs: for refactorings.

::

    python -m tests.recorded record -o base.json --keep base     # before
    python -m tests.recorded compare base.json --keep base       # after; status 1 where anything differs
    python -m tests.recorded compare base.json --tree ../other   # the code of another checkout

Of each line the exit status is kept, and SHA-256 of stdout, of stderr, of every file that it wrote and of
the statuses of each convcli in it; with ``--keep`` these themselves too, so that `compare` shows how texts
differ. A line is run by bash in an empty folder, its HOME, with a link to ``sample_images``, and ``convcli``
and ``python`` on its PATH. Times and the paths of folder and tree are replaced before hashing.

Hashes hold for one kind of machine and versions of NumPy and Pillow (BLAS, codecs), so no record is
committed: record before a refactoring, and compare after it on the same machine.
"""

import argparse
import difflib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "tests" / "cases" / "commands.txt"
PICTURES = REPOSITORY / "sample_images"
PROCESSES, PATIENCE = 2, 900  # at a time; seconds for one line
SHOWN, WIDE = 20, 160  # lines of a difference, and characters of each

STREAMS = ("stdout", "stderr", "statuses")
FOLDED = (".json", ".html", ".bashrc", *STREAMS)  # what may hold times and paths

CONVCLI = '{python} -P -m convcli "$@"; s=$?; echo "$s convcli $*" >> "$STATUSES"; exit $s'
PYTHON = 'exec {python} "$@"'
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TERM": "dumb", "COLUMNS": "80", "LINES": "24"}

Held = dict[str, Any]
"""``status``, the hash of each of `STREAMS`, and ``files``: their hashes by name."""


class Ran(NamedTuple):
    """What one line gave: its exit status, and the bytes of `STREAMS` and of each ``files/NAME``."""

    status: int
    contents: dict[str, bytes]

    def held(self) -> Held:
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(self.contents.items())}
        files = {name[6:]: hashes.pop(name) for name in list(hashes) if name not in STREAMS}
        return {"status": self.status, **hashes, "files": files}


def commands(only: str) -> list[str]:
    lines = [line.strip() for line in TABLE.read_text("utf-8").splitlines()]
    return [line for line in dict.fromkeys(lines) if line and not line.startswith("#") and only in line]


def steady(data: bytes, places: dict[str, str]) -> bytes:
    """Replace what no two runs have in common: paths, and times with the widths that they give a table."""
    text = as_text(data)
    if text is None:
        return data
    for path, name in places.items():
        text = text.replace(path, name)
    text = re.sub(r'"seconds": [\d.e+-]+', '"seconds": 0', text)
    if re.search(r"MACs.* time", text):  # the table of `run --summary`
        for pattern, same in ((r" +time(?=\x1b|$)", " time"), ("^─+$", "─"), ("^ +$", "")):
            text = re.sub(pattern, same, text, flags=re.M)
    return re.sub(r" *(?<![\d.])\d+(\.\d+)? m?s(?=(\x1b\[\d*m| )*$)", " TIME", text, flags=re.M).encode()


def as_text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def run(command: str, tree: Path, shims: Path) -> Ran:
    """Run one line in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="recorded-") as name:
        folder, statuses = Path(name).resolve() / "here", Path(name, "statuses")
        folder.mkdir()
        statuses.touch()
        (folder / "sample_images").symlink_to(PICTURES)
        found = {"PATH": f"{shims}:/usr/bin:/bin", "PYTHONPATH": str(tree), "HOME": str(folder)}
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**ENVIRONMENT, **found, "STATUSES": str(statuses)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        ended = sorted(statuses.read_bytes().splitlines(keepends=True))  # those of one pipe end in any order
        contents = {"stdout": done.stdout, "stderr": done.stderr, "statuses": b"".join(ended)}
        for root, _, names in os.walk(folder):  # links to folders are not followed
            for path in (Path(root, name) for name in names):
                contents[f"files/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    for key in [key for key in contents if key.endswith(FOLDED)]:
        contents[key] = steady(contents[key], {str(folder): "FOLDER", str(tree): "TREE"})
    return Ran(done.returncode, contents)


def run_all(lines: list[str], tree: Path) -> Iterator[tuple[str, Ran]]:
    """Run all lines, some at a time, and yield each with what it gave, in their order."""
    before = pictures()
    with tempfile.TemporaryDirectory(prefix="shims-") as shims, ThreadPoolExecutor(PROCESSES) as pool:
        for name, text in (("convcli", CONVCLI), ("python", PYTHON)):
            shim = Path(shims, name)
            shim.write_text("#!/bin/sh\n" + text.replace("{python}", f"'{sys.executable}'") + "\n")
            shim.chmod(0o755)
        one = partial(run, tree=tree, shims=Path(shims))
        where = one("python -P -c 'import convcli; print(convcli.__file__)'").contents
        if where["stdout"] != b"TREE/convcli/__init__.py\n":
            raise SystemExit(f"the code of {tree} is not what would be run: {where}")
        yield from zip(lines, pool.map(one, lines), strict=True)
    if pictures() != before:
        raise SystemExit(f"a line has changed {PICTURES}")


def pictures() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in PICTURES.rglob("*") if path.is_file()}


def place(keep: Path | None, command: str) -> Path | None:
    """Return the folder where what a line gave is kept."""
    return keep and keep / hashlib.sha256(command.encode()).hexdigest()[:12]


def record(lines: list[str], tree: Path, keep: Path | None) -> dict[str, Held]:
    """Return what each line gives, having written all of it below `keep`."""
    found = {}
    for command, ran in run_all(lines, tree):
        found[command] = ran.held()
        if (folder := place(keep, command)) is not None:
            for name, data in {"command": command.encode(), **ran.contents}.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(data)
    return found


def differences(old: Held, ran: Ran, kept: Path | None) -> Iterator[str]:
    """Yield lines about what one command line gives now and did not give then."""
    new = ran.held()
    if old["status"] != new["status"]:
        yield f"exit status {old['status']} is now {new['status']}"
    then, now = (
        {name: held[name] for name in STREAMS} | {f"files/{name}": sha for name, sha in held["files"].items()}
        for held in (old, new)
    )
    for name in [name for name in sorted(then.keys() | now.keys()) if then.get(name) != now.get(name)]:
        yield f"{name} {'is gone' if name not in now else 'differs' if name in then else 'is new'}"
        if name in then and name in now and kept is not None and (kept / name).is_file():
            yield from difference((kept / name).read_bytes(), ran.contents[name])


def difference(old: bytes, new: bytes) -> list[str]:
    """Return the first lines of a unified difference; lines that are long are parted at commas and tags."""
    then, now = as_text(old), as_text(new)
    if then is None or now is None:
        return [f"  {len(old)} bytes, now {len(new)}"]
    rows = [re.sub(r"(.{60,999}?[,;{}>])", r"\1\n", text).splitlines() for text in (then, now)]
    lines = difflib.unified_diff(rows[0], rows[1], "then", "now", lineterm="", n=1)
    return [f"  {line[:WIDE]}" for line in islice(lines, SHOWN)]


def compare(lines: list[str], tree: Path, recorded: dict[str, Held], keep: Path | None) -> int:
    """Print each difference, and return how many lines have one."""
    told = {command: ["is not in the table any more"] for command in recorded if command not in lines}
    for command, ran in run_all(lines, tree):
        old = recorded.get(command)
        told[command] = list(differences(old, ran, place(keep, command))) if old else ["was not recorded"]
    wrong = {command: said for command, said in told.items() if said}
    for command, said in wrong.items():
        print(f"$ {command}", *(f"  {line}" for line in said), "", sep="\n")
    print(f"{len(wrong)} of {len(told)} lines differ")
    return len(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recorded")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--tree", type=Path, default=REPOSITORY, metavar="DIR", help="whose code is run")
    shared.add_argument("--keep", type=Path, metavar="DIR", help="where all that lines give is kept")
    shared.add_argument("--only", default="", metavar="TEXT", help="run the lines with this in them")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("record", parents=[shared]).add_argument("-o", type=Path, required=True, dest="file")
    actions.add_parser("compare", parents=[shared]).add_argument("file", type=Path)
    given = parser.parse_args()
    lines, tree, start = commands(given.only), given.tree.resolve(), time.monotonic()
    wrong = 0
    if given.action == "record":
        given.file.parent.mkdir(parents=True, exist_ok=True)
        found = record(lines, tree, given.keep)
        given.file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    else:
        old = json.loads(given.file.read_text("utf-8"))
        wrong = compare(lines, tree, {c: held for c, held in old.items() if given.only in c}, given.keep)
    print(f"{len(lines)} lines in {time.monotonic() - start:.0f} s", file=sys.stderr)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
