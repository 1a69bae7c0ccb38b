"""docs/contract.md names templates, alerts and tests that there are."""

import re

import chart

TEXT = (chart.ROOT / "docs" / "contract.md").read_text(encoding="utf-8")


def test_the_tests_that_it_names_exist():
    named = re.findall(r"`(tests/(?:helm|integration)/[a-z_]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) > 40
    for path, name in named:
        source = (chart.ROOT / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in source, (path, name)
    steps = set(re.findall(r"e2e:(\w+)", TEXT))
    source = (chart.ROOT / "tests" / "cluster" / "e2e.py").read_text(encoding="utf-8")
    assert steps and not [step for step in steps if f"def {step}(" not in source]


def test_the_templates_and_files_that_it_names_exist():
    for name in re.findall(r"`((?:tests/)?[a-z_]+\.(?:yaml|tpl|txt))`", TEXT):
        assert (chart.HELM / "templates" / name).exists(), name
    for name in re.findall(r"`((?:helm|src)/[\w/.-]*)`", TEXT):
        assert (chart.ROOT / name).exists(), name


def test_the_alerts_that_it_names_exist():
    rules = (chart.HELM / "files" / "alerts.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"\bCoolkit[A-Z]\w+", TEXT))
    assert len(named) >= 10
    assert not [name for name in named if f"alert: {name}\n" not in rules]
