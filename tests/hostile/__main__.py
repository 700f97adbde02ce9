"""Mutated files and words, by hand: ``python -m tests.hostile --cases 100000``.

Prints a table of kinds and outcomes; each case that fails is written to a folder, with the command that
reproduces it.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.hostile.cases import KINDS, make
from tests.hostile.judged import SOUND, Verdict
from tests.hostile.pool import Identity, verdicts


def _cases(kinds: list[str], seed: int, count: int) -> list[Identity]:
    """Return as many cases of each kind."""
    return [(kind, seed, number) for number in range(-(-count // len(kinds))) for kind in kinds][:count]


def _keep(verdict: Verdict, folder: Path) -> Path:
    kind, seed, number = verdict.name.split(":")
    case = make(kind, int(seed), int(number))
    here = folder / verdict.outcome.replace(" ", "-") / verdict.name.replace(":", "-")
    here.mkdir(parents=True, exist_ok=True)
    case.write(here)
    again = f"python -m tests.hostile --case {verdict.name}"
    words = f"{case.command}\n\nor, with its memory and time: {again}\n\n{verdict.detail}\n"
    here.joinpath("README").write_text(words, errors="backslashreplace")
    return here


def _table(counts: Counter[tuple[str, str]]) -> str:
    outcomes = sorted({outcome for _, outcome in counts}, key=lambda each: (each not in SOUND, each))
    kinds = [kind for kind in KINDS if any(counts[kind, outcome] for outcome in outcomes)]
    rows = [[kind, *(str(counts[kind, outcome] or "") for outcome in outcomes)] for kind in kinds]
    total = [str(sum(counts[kind, outcome] for kind in kinds)) for outcome in outcomes]
    rows = [["kind", *outcomes], *rows, ["in all", *total]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


def main() -> int:
    """Run what is asked for; 1 if a case fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, help="how many in all (2000)")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices (0)")
    parser.add_argument("--only", action="append", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--case", metavar="KIND:SEED:NUMBER", help="one case alone, with what it says")
    kept = Path(tempfile.gettempdir(), "convcli-hostile")
    parser.add_argument("--failures", type=Path, default=kept, metavar="FOLDER", help=f"({kept})")
    asked = parser.parse_args()
    if asked.case:
        kind, seed, number = asked.case.split(":")
        (verdict,) = verdicts([(kind, int(seed), int(number))], 1)
        command = make(kind, int(seed), int(number)).command
        sys.stdout.write(f"{command}\n{verdict.outcome}\n{verdict.detail}\n")
        return int(not verdict.sound)
    counts: Counter[tuple[str, str]] = Counter()
    for verdict in verdicts(_cases(asked.only or list(KINDS), asked.seed, asked.cases), asked.jobs):
        counts[verdict.name.partition(":")[0], verdict.outcome] += 1
        if not verdict.sound:
            here = _keep(verdict, asked.failures)
            reason = verdict.detail.strip().rpartition("\n")[2]
            sys.stdout.write(f"{verdict.outcome}: {verdict.name}: {ascii(reason)[1:160]}  ({here})\n")
            sys.stdout.flush()
    sys.stdout.write(_table(counts) + "\n")
    return int(any(outcome not in SOUND for _, outcome in counts))


if __name__ == "__main__":
    sys.exit(main())
