#!/usr/bin/env python3
"""Runs one check of the source tree: `run.py CHECK --root DIR --build DIR`; without CHECK all of
them. A check is a generator of `path:line: problem`; ctest runs each as `tidy.CHECK`."""

import argparse
import pathlib
import sys

import banned
import changelog
import compiled
import decoders
import floors
import sizes
import wording

CHECKS = {
    "floors": floors.check,
    "sizes": sizes.check,
    "columns": wording.check_columns,
    "leftovers": wording.check_leftovers,
    "names": wording.check_names,
    "reasons": wording.check_reasons,
    "banned": banned.check,
    "changelog": changelog.check,
    "registered": compiled.check_registered,
    "decoders": decoders.check,
    "headers": compiled.check_headers,
}


def main():
    here = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    parser.add_argument("--root", type=pathlib.Path, default=here)
    parser.add_argument("--build", type=pathlib.Path, default=here / "build" / "release")
    parser.add_argument("--list", action="store_true", help="print the names of the checks")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CHECKS))
        return 0
    if unknown := set(options.checks) - set(CHECKS):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    count = 0
    for name in options.checks or CHECKS:
        for problem in CHECKS[name](options.root.resolve(), options.build.resolve()):
            print(f"{problem} [{name}]")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
