"""Connections to Dask schedulers: addresses, a cluster on this machine, the versions of workers."""

import json
import logging
import os
import re
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread
from types import ModuleType
from typing import Any

from convcli.engine.threads import thread_count
from convcli.errors import ConvcliError, MissingExtraError, UsageError, nearest
from convcli.pipeline.executors.blocked_signals import blocked
from convcli.pipeline.executors.cluster_worker import versions

__all__ = ["LOCAL", "connected", "dask", "scheduler_at", "strangers"]

# The address that stands for a cluster on this machine.
LOCAL = "local"
# Workers of a cluster on this machine that may die of one task before it counts as failed.
DEATHS = 1
_ADDRESS = re.compile(r"(?:(\w+)://)?(?:\[[\w:.%]+\]|[^\s/:@\[\]]+):\d{1,5}/?")


@contextmanager
def dask() -> Iterator[ModuleType]:
    """Yield Dask's package, with its log and warnings kept from stderr: errors and notes say what matters."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import distributed
            except ImportError as error:
                raise MissingExtraError("--cluster", "scale") from error
            yield distributed
    finally:
        logging.disable(before)


@contextmanager
def scheduler_at(distributed: ModuleType, address: str, jobs: int | None) -> Iterator[str]:
    """Yield the address of a scheduler as Dask has it; that of one with `jobs` workers here for ``local``."""
    if address != LOCAL:
        yield _checked(address)
        return
    alone = {"nthreads": 1, "memory_limit": None, "silence_logs": logging.CRITICAL}
    here = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    worker = {"cls": distributed.Nanny, "options": {**here, **alone}}
    scheduler = {"cls": distributed.Scheduler, "options": {**here, "port": 0, "allowed_failures": DEATHS}}
    kept = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"  # of the workers, and of what cleans up after a SIGKILL
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # its start would undo the mask
    with blocked({signal.SIGINT}):  # a terminal sends Ctrl-C to all processes
        cluster = distributed.SpecCluster(
            dict.fromkeys(range(thread_count(jobs)), worker), scheduler, silence_logs=logging.CRITICAL
        )
    try:
        yield cluster.scheduler_address
    finally:
        cluster.close()
        os.environ.pop("PYTHONWARNINGS")
        os.environ.update({} if kept is None else {"PYTHONWARNINGS": kept})


def _checked(address: str) -> str:
    """Return the address of a scheduler, given as such or by a scheduler file; refuse other spellings."""
    example = "give one such as tcp://host:8786, or local for this machine"
    if address.endswith(".json"):
        try:
            with open(address, encoding="utf-8") as file:
                address = str(json.load(file)["address"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            reason = getattr(error, "strerror", None) or "it is no scheduler file"
            raise UsageError(f"--cluster {address!r}: {reason}", hint=example) from error
    if not address.startswith("localhost") and nearest(address, [LOCAL]):
        raise UsageError(f"--cluster {address!r} is not an address", hint=f"did you mean {LOCAL!r}?")
    found = _ADDRESS.fullmatch(address)
    if found is None:
        port = re.fullmatch(r"(?:(?:tcp|tls)://)?[\w.-]+", address)
        hint = f"did you mean '{address}:8786'?" if port and address else example
        raise UsageError(f"--cluster {address!r} is not an address", hint=hint)
    if found[1] in ("http", "https"):
        hint = "that is a page for people: " + example
        raise UsageError(f"--cluster {address!r} is not the address of a scheduler", hint=hint)
    return address.removesuffix("/")


@contextmanager
def connected(distributed: ModuleType, scheduler: str, seconds: float) -> Iterator[Any]:
    """Yield a client of a scheduler that answers and has a worker, both within so many seconds."""
    end = time.monotonic() + seconds
    made = SimpleQueue[Any]()

    def connect() -> None:
        try:
            made.put(distributed.Client(scheduler, timeout=seconds, set_as_default=False))
        except Exception as error:
            made.put(error)

    # In a thread, as no timeout holds with servers of another protocol.
    Thread(target=connect, daemon=True).start()
    try:
        client = made.get(timeout=seconds + 1)
    except Empty:
        client = TimeoutError()
    if isinstance(client, OSError):
        message = f"no Dask scheduler answers at {scheduler!r} within {seconds:.0f} s"
        raise ConvcliError(message, hint="is it running there, and may this machine connect to it?")
    if isinstance(client, Exception):
        hint = "is it a scheduler, of a version of Dask like the one here?"
        if "TLS" in str(client):
            hint = "name the certificates in Dask's configuration: distributed.comm.tls"
        reason = str(client).partition("\n")[0]
        raise ConvcliError(f"the scheduler at {scheduler!r} cannot be used: {reason}", hint=hint)
    try:
        try:
            client.wait_for_workers(1, timeout=max(1.0, end - time.monotonic()))
        except Exception as error:
            raise ConvcliError(
                f"the scheduler at {scheduler!r} has no workers", hint=f"start some: dask worker {scheduler}"
            ) from error
        yield client
    finally:
        client.close()


def strangers(client: Any) -> tuple[dict[str, str], list[str]]:
    """Return who cannot take part, with reasons, and notes about results that may differ.

    The scheduler unpickles what passes through it, so that it needs the same convcli.
    """
    own, differing = versions(), dict[str, list[str]]()
    answers = {f"worker {name}": found for name, found in client.run(versions, on_error="return").items()}
    try:
        answers["the scheduler"] = {"convcli": client.run_on_scheduler(versions)["convcli"]}
    except Exception as error:
        answers["the scheduler"] = error
    refused = dict[str, str]()
    for who, found in answers.items():
        if isinstance(found, OSError):  # it is dead
            continue
        if isinstance(found, Exception):
            missing = "No module named 'convcli'" in str(found)  # Dask makes it another exception
            refused[who] = "does not have convcli" if missing else "has another version of convcli"
            continue
        for name, other in found.items():
            if name == "convcli" and other != own[name]:
                refused[who] = f"has convcli {other}, not {own[name]} as here"
            elif other != own[name]:
                differing.setdefault(f"{name} is {own[name]} here and {other} on", []).append(who)
    notes = [f"{words} {_some(who)}: some bytes of results may differ" for words, who in differing.items()]
    return refused, notes


def _some(who: list[str]) -> str:
    return who[0] if len(who) == 1 else f"{len(who)} workers, such as {who[0].removeprefix('worker ')}"
