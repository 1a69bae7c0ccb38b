"""The dashboards are what tools/dashboards.py makes, of metrics that there are. That their queries
return data is in test_alerts.py."""

import json
import re
import sys

import pytest

import pod as pods
from test_alert_rules import FOREIGN, METRIC, product_metrics

sys.path.insert(0, str(pods.ROOT / "tools"))
import dashboards  # noqa: E402


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_the_files_are_what_the_program_writes(name):
    """`tools/dashboards.py` writes them."""
    path = dashboards.FOLDER / f"{name}.json"
    assert path.read_text(encoding="utf-8") == dashboards.text(name)


def test_there_is_no_file_that_the_program_does_not_write():
    assert {path.stem for path in dashboards.FOLDER.glob("*")} == set(dashboards.DASHBOARDS)


@pytest.mark.parametrize("name", dashboards.DASHBOARDS)
def test_a_dashboard_is_one_that_grafana_takes(name):
    board = json.loads(dashboards.text(name))
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    cells = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= dashboards.COLUMNS
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in cells, f"{panel['title']} lies upon another panel"
                cells.add((x, y))
        for target in panel.get("targets", ()):
            assert not re.search(r"[@~]|\$(?!namespace|job|pod|__rate_interval)",
                                 target["expr"].replace("=~", ""))


def test_each_query_uses_metrics_that_there_are():
    for name, panel, expression, foreign in dashboards.queries():
        used = set(METRIC.findall(expression))
        known = FOREIGN if foreign else product_metrics()
        assert used and used <= known, (name, panel, used - known)
