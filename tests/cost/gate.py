#!/usr/bin/env python3
"""Instructions and heap allocations per request, against the committed figures.

`gate.py --probe PROGRAM --compiler TEXT` fails when a figure is more than 5 % off figures.txt, or a
GET hit allocates; with --update it writes the figures anew. Callgrind counts a run of N and one of
2N requests: the difference is free of the start. Valgrind shows every machine with AVX2 as the same
processor, so that glibc picks the same functions. Exits with 77 (skipped) where the figures mean
nothing: another compiler, or no valgrind.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

FIGURES = pathlib.Path(__file__).with_name("figures.txt")
KINDS = {"hit": 2000, "miss": 2000, "put": 2000, "batch": 100}  # requests of the shorter run
TOLERANCE = 0.05


def instructions(probe, kind, count):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", probe, kind, str(count)],
        capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def per_request(probe):
    """{kind: (instructions, allocations)}"""
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        runs = {(kind, count): pool.submit(instructions, probe, kind, count)
                for kind, base in KINDS.items() for count in (base, 2 * base)}
        found = {}
        for kind, base in KINDS.items():
            more = runs[kind, 2 * base].result() - runs[kind, base].result()
            out = subprocess.run([probe, kind, str(base)], capture_output=True, text=True,
                                 check=True).stdout
            found[kind] = (round(more / base), float(out))
    return found


def committed():
    words = [line.split() for line in FIGURES.read_text(encoding="utf-8").splitlines()
             if line and not line.startswith("#")]
    return {row[0]: row[1:] for row in words}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probe", default="build/release/cost_probe")
    parser.add_argument("--compiler", default="g++-12")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("skipped: there is no valgrind")
        return 77
    if not options.update and committed()["compiler"] != [options.compiler]:
        print(f"skipped: the figures are those of {committed()['compiler'][0]}")
        return 77
    found = per_request(options.probe)
    if options.update:
        rows = [f"{kind} {count} {allocated:g}" for kind, (count, allocated) in found.items()]
        FIGURES.write_text("# Of one request: kind, instructions, heap allocations. Written by\n"
                           "# `tests/cost/gate.py --update` after the build of build/release.\n" +
                           "\n".join([f"compiler {options.compiler}", *rows]) + "\n",
                           encoding="utf-8")
        print(FIGURES.read_text(encoding="utf-8"))
        return 0
    bad = 0
    for kind, (count, allocated) in found.items():
        wanted, allocations = int(committed()[kind][0]), float(committed()[kind][1])
        off = count / wanted - 1
        wrong = abs(off) > TOLERANCE or allocated > 1.1 * allocations
        bad += wrong
        print(f"{kind}: {count} instructions ({off:+.1%} of {wanted}), {allocated:g} allocations "
              f"({allocations:g}){'  <- ' + 'tests/cost/gate.py --update if meant' * wrong}"
              if wrong else
              f"{kind}: {count} instructions ({off:+.1%}), {allocated:g} allocations")
    if found["hit"][1] != 0:
        bad += 1
        print("a GET hit allocates")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
