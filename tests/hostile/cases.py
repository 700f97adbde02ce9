"""What is tried: a command with its files, made from the name of the kind, a seed and a number alone."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.hostile.mutations import mutated_bytes, mutated_text
from tests.hostile.numbers import FILES, OPTIONS, SPECS
from tests.hostile.pictures import PICTURES
from tests.hostile.records import archive, tensors, tiff

__all__ = ["KINDS", "Case", "make"]

# What is done with pictures; {} is the file, * the suffix of an output.
TO_PICTURES = (
    "filter {} -k '0 1 0; 1 -4 1; 0 1 0' -o out*", "filter {} -k box --force", "filter {} -k sobel -o out*",
    "filter {} -k gaussian:sigma=1 --alpha filter --linear -o out*", "filter {} -k box -s 2 --gray -o out*",
    "filter {} -k box -p valid --range scale --depth 16 -o out*", "pool {} -o out*",
    "pool {} --mode median --force",
    "show {}", "show {} --as json", "show {} -k sobel --score", "explain {} -k box --at 0,0",
    "compare {} -k box",
    "spectrum {} -k box", "learn {} {} --size 1x1 -p zero -o out.json -q", "run sound.toml {} -o out.npy",
    "filter {} -k box --frame 1 -o out*", "explain {} -k box --html out.html",
    "compare {} -k box --crop 1 -o out.png -q",
)  # fmt: skip
# Larger pictures may take long: what is tried is how few bytes cost much.
MOST = ("--max-pixels", "256k")
OUTPUTS = (".png", ".png", ".tif", ".npy", ".jpg", ".gif", ".webp", ".bmp", ".ppm", ".pfm", ".csv", ".jp2")

TO_KERNELS = (
    "kernels show {}", "kernels show {} --json", "filter sound.png -k {} -o out.png",
    "kernels export {} -o out.json",
    "kernels export {} -o out.toml", "compare sound.png -k {}", "explain sound.png -k {} --at 0,0",
    "show sound.png -k {}",
    "filter sound.png -k {} --normalize --convolve -o out.npy", "spectrum sound.png -k {}",
)  # fmt: skip

TO_STACKS = (
    "run {} sound.png -o out.npy",
    "run {} sound.png -o out.png --json",
    "compare sound.png --stack {}",
    "explain sound.png --stack {} --at 0,0",
    "explain sound.png --stack {} --html out.html",
)

SOUND_STACK = b'gray = true\n[[layer]]\ntype = "conv"\nkernel = "box"\npadding = 1\n'
LAYER_OF_MANY = b'[[layer]]\ntype = "conv"\nweights = "FILE:w1"\n'
# Suffix and maker of files of many small records.
RECORDS: dict[str, tuple[str, Callable[[Random], bytes]]] = {
    "pages": (".tif", tiff),
    "tensors": (".safetensors", tensors),
    "archives": (".npz", archive),
}
WEIGHTS_STACK = b'gray = true\n[[layer]]\ntype = "conv"\nweights = "FILE:w"\n'


@dataclass(frozen=True)
class Case:
    """A command, run in a folder with these files."""

    name: str
    arguments: tuple[str, ...]
    files: dict[str, bytes]

    def write(self, folder: Path) -> None:
        """Make the folder as the command finds it."""
        for name, data in self.files.items():
            folder.joinpath(name).write_bytes(data)

    @property
    def command(self) -> str:
        """What to type in the folder; bytes that no terminal shows are written as Bash escapes them."""
        words = (word if len(word) < 2000 else f"{word[:60]}..." for word in self.arguments)
        return "python -m convcli " + " ".join(
            shlex.quote(word) if word.isprintable() else f"$'{word.encode('unicode_escape').decode()}'"
            for word in words
        )


def make(kind: str, seed: int, number: int) -> Case:
    """Make a case, always the same."""
    random = Random(f"{kind} {seed} {number}")
    arguments, files = KINDS[kind](kind, random)
    sound = {"sound.png": PICTURES["png"][1]()[1], "sound.toml": SOUND_STACK}
    return Case(f"{kind}:{seed}:{number}", arguments, {**sound, **files})


Made = tuple[tuple[str, ...], dict[str, bytes]]


def _words(command: str, file: str, random: Random) -> tuple[str, ...]:
    outputs = [random.choice(OUTPUTS) if word == "out*" else "" for word in command.split()]
    suffix = "".join(outputs)
    return tuple(word.format(file).replace("out*", f"out{suffix}") for word in shlex.split(command))


def _picture(kind: str, random: Random) -> Made:
    suffix, sound = {**PICTURES, **FILES}[kind]
    others = sound() if random.random() < 0.8 else PICTURES[random.choice(list(PICTURES))][1]()
    data = mutated_bytes(random.choice(sound()), random, others)
    file = f"in{suffix if random.random() < 0.9 else '.png'}"
    asked = f"{file}:a" if kind == "npz" and random.random() < 0.7 else file
    return (*_words(random.choice(TO_PICTURES), asked, random), *MOST), {file: data}


def _text_of_numbers(kind: str, random: Random) -> Made:
    suffix, sound = FILES[kind]
    data = _changed_text(random.choice(sound()), random)
    commands, more = (TO_PICTURES, MOST) if random.random() < 0.7 else (TO_KERNELS, ())
    return (*_words(random.choice(commands), f"in{suffix}", random), *more), {f"in{suffix}": data}


def _changed_text(data: bytes, random: Random) -> bytes:
    if random.random() < 0.2:
        return mutated_bytes(data, random, [data])
    return mutated_text(data.decode(), random).encode("utf-8", "surrogatepass")


def _kernel(kind: str, random: Random) -> Made:
    suffix, sound = FILES[kind]
    data = _changed_text(random.choice(sound()), random)
    return _words(random.choice(TO_KERNELS), f"in{suffix}", random), {f"in{suffix}": data}


def _array(kind: str, random: Random) -> Made:
    if random.random() < 0.6:
        return _picture(kind, random)
    suffix, sound = FILES[kind]
    data = mutated_bytes(random.choice(sound()), random, sound())
    asked = f"in{suffix}:a" if kind == "npz" and random.random() < 0.3 else f"in{suffix}"
    return _words(random.choice(TO_KERNELS), asked, random), {f"in{suffix}": data}


def _weights(kind: str, random: Random) -> Made:
    suffix, sound = FILES[kind]
    data = mutated_bytes(random.choice(sound()), random, sound())
    files = {f"w{suffix}": data, "in.toml": WEIGHTS_STACK.replace(b"FILE", f"w{suffix}".encode())}
    return _words(random.choice(TO_STACKS), "in.toml", random), files


def _stack(kind: str, random: Random) -> Made:
    data = _changed_text(random.choice(FILES[kind][1]()), random)
    files = {"in.toml": data, "w.safetensors": FILES["safetensors"][1]()[0]}
    return _words(random.choice(TO_STACKS), "in.toml", random), files


def _spec(_: str, random: Random) -> Made:
    spec = _argument(mutated_text(random.choice(SPECS), random))
    words = _words(random.choice(TO_KERNELS), "{}", random)
    return tuple(word.replace("{}", spec) for word in words), {}


def _option(_: str, random: Random) -> Made:
    command = random.choice(list(OPTIONS))
    option = random.choice(list(OPTIONS[command]))
    value = _argument(mutated_text(random.choice(OPTIONS[command][option]), random))
    return (*command.format(picture="sound.png").split(), f"{option}={value}"), {}


def _records(kind: str, random: Random) -> Made:
    """Return a command on a file of many records, of which every fifth is changed further."""
    suffix, made = RECORDS[kind]
    data = made(random)
    if random.random() < 0.2:
        data = mutated_bytes(data, random, [data]) if kind != "archives" else data[random.randrange(99) :]
    if kind == "pages":
        return (*_words(random.choice(TO_PICTURES), "in.tif", random), *MOST), {"in.tif": data}
    file = f"w{suffix}"
    layers = (
        WEIGHTS_STACK.replace(b"FILE", file.encode()) + LAYER_OF_MANY.replace(b"FILE", file.encode()) * 30
    )
    stack = _words(random.choice(TO_STACKS), "in.toml", random)
    kernel = _words(random.choice(TO_KERNELS), f"{file}:a", random)
    return stack if kind == "tensors" or random.random() < 0.5 else kernel, {file: data, "in.toml": layers}


def _argument(text: str) -> str:
    """Return what a shell could pass: no zero bytes, and no more than the system allows (128 KiB)."""
    return text.replace("\0", "").replace("\ud800", "\udcff")[:30_000]


KINDS: dict[str, Callable[[str, Random], Made]] = {
    **dict.fromkeys(PICTURES, _picture),
    **dict.fromkeys(("npy", "npz"), _array),
    **dict.fromkeys(("csv", "tsv", "json"), _text_of_numbers),
    **dict.fromkeys(("kernel-toml", "kernel-json", "kernel-text"), _kernel),
    **dict.fromkeys(RECORDS, _records),
    "safetensors": _weights,
    "stack": _stack,
    "spec": _spec,
    "option": _option,
}
