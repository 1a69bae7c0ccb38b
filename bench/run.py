#!/usr/bin/env python3
"""Runs every comparison of this folder and ends with one table: `bench/run.py [SCRIPT…]`.

A script's line that has a figure in bold becomes a row. With --reports, what each prints goes to
docs/benchmarks/ as well, in a file of the script's name.
"""
import argparse
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
REPORTS = FOLDER.parent / "docs/benchmarks"
SCRIPTS = ("get_hit", "get_hit_p99", "get_miss", "durable_put", "durable_put_sqlite", "batch_get",
           "memory", "idle_connections", "overload", "miss_ratio", "ring", "start",
           "feed_delay", "scaler_endpoint")


def rows_of(script, text):
    """(script, what, figures, goals) of every line with a figure in bold."""
    for line in text.splitlines():
        figures = re.findall(r"\*\*([^*]+)\*\*", line)
        if figures and re.search(r"\d", "".join(figures)):
            what = re.split(r"\*\*", line)[0].strip(" :|")
            goals = re.search(r"((?:must|goal|milestone) .*?)\)?$", line)
            yield script, what, ", ".join(figures), goals.group(1) if goals else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="*", default=SCRIPTS, help=", ".join(SCRIPTS))
    parser.add_argument("--reports", action="store_true")
    options = parser.parse_args()
    rows, failed = [], []
    for script in options.scripts:
        print(f"== {script}", flush=True)
        report = REPORTS / f"{script.replace('_', '-')}.md"
        words = ["--report", report] if options.reports else []
        done = subprocess.run([sys.executable, "-B", FOLDER / f"{script}.py", *words], check=False,
                              stdout=subprocess.PIPE, text=True)
        print(done.stdout, flush=True)
        rows += rows_of(script, done.stdout)
        if done.returncode != 0:
            failed.append(script)
    print("| script | what | figure | goal |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
