#!/usr/bin/env python3
"""Runs every comparison of this folder and ends with one table: `bench/run.py [NAME…]`.

A line that has a figure in bold becomes a row. With --reports, what each prints goes to
docs/benchmarks/measured/ as well, in a file of its name, and the table to README.md there.
"""
import argparse
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
REPORTS = FOLDER.parent / "docs/benchmarks/measured"
SCRIPTS = ("get_hit", "get_hit_p99", "get_miss", "durable_put", "durable_put_sqlite", "batch_get",
           "memory", "idle_connections", "overload", "miss_ratio", "ring", "start",
           "feed_delay", "scaler_endpoint", "cloudsql")
COMPARISONS = {name: [name] for name in SCRIPTS}
COMPARISONS["durable_put_latency"] = ["durable_put", "--connections", "1"]


def rows_of(script, text):
    """(script, what, figures, goals) of every line with a figure in bold."""
    heading = ""
    for line in text.splitlines():
        heading = line.lstrip("# ") if line.startswith("#") else heading
        figures = re.findall(r"\*\*([^*]+)\*\*", line)
        if not re.search(r"\d", "".join(figures)):
            continue
        what = re.split(r"\*\*", line)[0].strip(" -:|,")
        goals = re.search(r"((?:must|goal|milestone) [^)]*)", line)
        goal = goals.group(1) if goals else ""
        if line.startswith("|"):  # a row of a table, whose heading says what it compares
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            what, goal = f"{heading}: {cells[0]}", cells[-1]
        yield script, what, ", ".join(figures), goal


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(COMPARISONS), metavar="NAME",
                        help=", ".join(COMPARISONS))
    parser.add_argument("--reports", action="store_true")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in COMPARISONS]:
        parser.error(f"no comparison is called {', '.join(unknown)}: {', '.join(COMPARISONS)}")
    if options.reports:
        REPORTS.mkdir(exist_ok=True)
    rows, failed = [], []
    for name in options.names:
        print(f"== {name}", flush=True)
        script, *flags = COMPARISONS[name]
        done = subprocess.run([sys.executable, "-B", FOLDER / f"{script}.py", *flags], check=False,
                              stdout=subprocess.PIPE, text=True)
        print(done.stdout, flush=True)
        if options.reports:
            (REPORTS / f"{name.replace('_', '-')}.md").write_text(done.stdout, encoding="utf-8")
        rows += rows_of(name, done.stdout)
        if done.returncode != 0:
            failed.append(name)
    lines = ["| comparison | what | figure | goal |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    print("\n".join(lines))
    if options.reports:
        head = ["# Every comparison, as measured", "",
                "Written by `make bench ARGS=--reports`.", ""]
        (REPORTS / "README.md").write_text("\n".join(head + lines) + "\n", encoding="utf-8")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
