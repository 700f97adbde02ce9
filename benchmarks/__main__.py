"""Run one benchmark by its name; each is the module of that name, and its ``main(argv)``."""

import sys
from importlib import import_module
from pathlib import Path

HELPERS = {"__init__", "__main__", "machine", "simulation"}


def main(argv: list[str]) -> int:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in HELPERS)
    if not argv or argv[0] not in names:
        print(f"usage: python -m benchmarks {'|'.join(names)} [options]", file=sys.stderr)
        return 0 if argv in (["-h"], ["--help"]) else 2
    result = import_module(f"benchmarks.{argv[0]}").main(argv[1:])
    return int(result or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
