#!/usr/bin/env python3
"""Miss ratios on public key traces, counted in items, against the best of four simulated policies.

The traces are those of Caffeine and moka (tests/data/README.md says where they come from); those
that are not there are left out. Sizes are 0.1 %, 1 % and 10 % of a trace's keys.
Usage: bench/miss_ratio.py [--traces ../shared/traces] [--report FILE]
       [--binary build/release/coolkit]
"""
import collections
import os
import pathlib
import subprocess
import sys

from http_side import ROOT, finish, heading, options_of

TRACES = (("orm-busy.trace.xz", "be32"), ("web12.trace.xz", "be32"), ("w106.trace.xz", "be32"),
          ("corda.trace.gz", "be64"), ("OLTP.lis.zst", "lines"))
SIZES = ("0.001", "0.01", "0.1")
REFERENCES = ("LRU", "SIEVE", "S3-FIFO", "W-TinyLFU")


def find(name, folder):
    for place in (folder, ROOT / "tests/data"):
        if (place / name).exists():
            return place / name
    return None


def main():
    options = options_of(__doc__, more=lambda parser: parser.add_argument(
        "--traces", type=pathlib.Path,
        default=os.environ.get("COOLKIT_TRACES", ROOT / "../shared/traces")))
    ratios, missing = {}, []
    for name, form in TRACES:
        path = find(name, options.traces)
        if path is None:
            missing.append(name)
            continue
        out = subprocess.run([options.programs / "miss_ratio", path, form, *SIZES], check=True,
                             capture_output=True, text=True).stdout
        for line in out.splitlines():
            size, policy, requests, misses = line.split()
            of_cell = ratios.setdefault((name.split(".")[0], size), {})
            of_cell[policy] = int(misses) / int(requests)
    if not ratios:
        sys.exit(f"no trace in {options.traces}: set COOLKIT_TRACES or --traces")
    report(ratios, missing, options)


def report(ratios, missing, options):
    ours = [name for name in next(iter(ratios.values())) if name not in REFERENCES]
    against = collections.defaultdict(list)
    lines = heading("Miss ratios on public traces, by items", options)
    lines[2] = f"`{options.command}`: the product's own code, driven by bench/programs/miss_ratio."
    lines += ["| trace | of the keys | " + " | ".join((*REFERENCES, *ours)) + " | " +
              " | ".join(f"{name} / best" for name in ours) + " |",
              "|---" * (2 + len(REFERENCES) + 2 * len(ours)) + "|"]
    for (trace, size), cell in ratios.items():
        best = min(cell[name] for name in REFERENCES)
        for name, ratio in cell.items():
            against[name].append(ratio / best)
        lines.append(f"| {trace} | {float(size):.1%} | " +
                     " | ".join(f"{cell[name]:.4f}" for name in (*REFERENCES, *ours)) + " | " +
                     " | ".join(f"{cell[name] / best:.3f}" for name in ours) + " |")
    if missing:
        lines += ["", f"Not there: {', '.join(missing)}."]
    for name in (*ours, *REFERENCES):
        average = sum(against[name]) / len(against[name])
        mark = "**" if name in ours else ""
        lines += ["", f"{name}: misses / best of the four references, on average "
                  f"{mark}{average:.3f}×{mark} (worst {max(against[name]):.2f}; must ≤ 1.05×, goal "
                  "≤ 1.0×)"]
    finish(lines, options.report)


if __name__ == "__main__":
    main()
