#!/usr/bin/env python3
"""Counts test cases: `count_results.py EXIT_STATUS JUNIT_XML…` prints `passed failed skipped`.

The files are what ctest or pytest wrote. For a ctest test NAME that left the GoogleTest report
NAME.xml beside it, its cases are counted instead of the one program. Whatever went wrong without a
failed case (a crash, a sanitizer's report at exit, a missing file) counts as one failure more: the
result never looks better than the exit status.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_gtest(path):
    """(passed, failed, skipped) of a GoogleTest report; None when it is not there or not whole."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return None
    failed = sum(1 for case in cases if case.find("failure") is not None)
    skipped = sum(1 for case in cases if case.find("skipped") is not None
                  or case.get("result") in ("skipped", "suppressed"))
    return len(cases) - failed - skipped, failed, skipped


def count_case(case, directory):
    """(passed, failed, skipped) of one test case of a ctest or pytest report."""
    skipped = case.find("skipped")
    bad = case.find("failure") is not None or case.find("error") is not None
    bad = bad or case.get("status") == "fail"
    # ctest says `skipped` of a program that is not there, too.
    bad = bad or (case.get("status") == "notrun" and
                  (skipped is None or not skipped.get("message", "").startswith("SKIP_")))
    inner = count_gtest(directory / f"{case.get('name')}.xml")
    if inner is not None:
        passed, failed, skipped = inner
        return passed, failed + (1 if bad and failed == 0 else 0), skipped
    if bad:
        return 0, 1, 0
    ran = skipped is None and case.get("status") != "disabled"
    return (1, 0, 0) if ran else (0, 0, 1)


def count(status, *paths):
    """(passed, failed, skipped) of a whole run that ended with exit status `status`."""
    totals = [0, 0, 0]
    for path in paths:
        try:
            cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        except (OSError, ElementTree.ParseError):
            cases = []
        for case in cases:
            totals = [a + b for a, b in zip(totals, count_case(case, path.parent))]
    if totals[1] == 0 and (status != 0 or sum(totals) == 0):
        totals[1] = 1
    return tuple(totals)


if __name__ == "__main__":
    print(*count(int(sys.argv[1]), *map(pathlib.Path, sys.argv[2:])))
