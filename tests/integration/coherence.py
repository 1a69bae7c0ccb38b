"""The long forms of the coherence tests: loads until enough reads were judged."""

import json
import os

import pytest

from nemesis import judged, load

# Of a load in `make test`; the reads over PostgreSQL that `make soak` judges, in long loads.
CALLS = int(os.environ.get("COHERENCE_CALLS", "520000"))
SOAK_READS = int(os.environ.get("COHERENCE_READS", "10000000"))
SOAK_CALLS = min(2_000_000, SOAK_READS)
SOAK_TIMEOUT = 6 * 3600
LOAD_SECONDS = 70  # a load that is slower ends earlier
TIMEOUT = 300


def soak(test):
    """Marks a long form."""
    return pytest.mark.soak(pytest.mark.timeout(SOAK_TIMEOUT)(test))


def reads_of(checked):
    return checked["bounded_reads"] + checked["strong_reads"]


def preload(targets, folder):
    """Writes all keys once, undisturbed; the history of that."""
    history = folder / "preload.history"
    load(targets, history, 1, seed=1_000_000)
    return history


def judge_load(nemesis, targets, folder, calls, seed):
    """One load while `nemesis` works, with nothing wrong in what it was told: what was checked."""
    histories = [preload(targets, folder), folder / "run.history"]
    nemesis.start()
    try:
        load(targets, histories[-1], calls, seed, preload=False,
             seconds=max(LOAD_SECONDS, calls // 2000 - 200))
    finally:
        nemesis.finish()
    checked = judged(histories, "--outside-writers")["checked"]
    for history in histories:
        history.unlink()
    print(json.dumps({"checked": checked, "faults": nemesis.done}))
    assert reads_of(checked) > calls / 4
    return checked


def judge_until(reads, run):
    """`run(seed)` gives what was checked: again, until so many reads were."""
    total, seed = 0, 0
    while total < reads:
        seed += 1
        total += reads_of(run(seed))
    print(f"{total} reads checked in {seed} loads")
