"""NOTES.txt says what is allowed and risky in the given values, and nothing without a reason."""

import pytest

import chart


@pytest.fixture(scope="module")
def notes(helm4):
    def of(values=None, namespace="production"):
        given = {"image.tag": chart.TAG} | (values or {})
        said = chart.run(helm4, "install", "coolkit", "./helm", "--namespace", namespace,
                         "--dry-run=client", *chart.set_flags(given))
        return said.partition("\nNOTES:\n")[2]
    return of


def test_the_defaults_have_no_warning(notes):
    said = notes()
    assert "Mind:" not in said
    assert "kubectl --namespace production create secret generic coolkit-database" in said
    assert "110 pods" in said


@pytest.mark.parametrize("values, words", [
    ({"capacity": {"cpu": "50", "memory": "900Gi"}}, "capacity.cpu (50) is too small for 110 pods"),
    ({"keda.useCachedMetrics": False}, "keda.pollingInterval (15) has no effect"),
    ({"keda.cooldownPeriod": 0}, "keda.cooldownPeriod is 0"),
    ({"keda.fallback.enabled": False}, "keda.fallback.enabled is false"),
    ({"keda.targetValue": "2"}, "keda.targetValue is 2"),
    ({"keda.enabled": False}, "stays at 10"),
    ({"podDisruptionBudget.minAvailable": "90%"}, "leave no pod to evict during a rollout"),
    ({"podDisruptionBudget.enabled": False}, "may evict all pods"),
    ({"podDisruptionBudget.unhealthyPodEvictionPolicy": "IfHealthyBudget"}, "not AlwaysAllow"),
    ({"resources.limits": {"memory": None}}, "resources.limits.memory is not set"),
    ({"resources.requests.memory": "512Mi"}, "is below the limit"),
    ({"resources.limits.cpu": "2"}, "throttling"),
    ({"config.staleWhileDatabaseDown": "0"}, "readiness asks the database"),
    ({"migration.enabled": False}, "migration.enabled is false"),
    ({"monitoring.collector": "none"}, "no alerts"),
    ({"database.env": [{"name": "DATABASE_URL", "value": "postgres://u:secret@h/d"}]},
     "database.env has a password"),
    ({"database.env": [{"name": "DATABASE_URL", "value": "postgres://u@h:5433/d"}]},
     "port 5433 is not in networkPolicy.databasePorts"),
    ({"database.env": [{"name": "PGHOST", "value": "h"}]}, "coolkit will not start"),
])
def test_what_is_risky_is_said(notes, values, words):
    said = notes(values)
    assert words in said.partition("Mind:")[2], said
    assert "secret@" not in said


def test_another_namespace_is_told_whose_scaler_is_asked(notes):
    said = notes(namespace="shop")
    assert "the scaler of this release is at http://scaler.shop.svc" in said
    own = "http://scaler.{{ .Release.Namespace }}.svc.cluster.local/estimate/coolkit"
    assert "Mind:" not in notes({"keda.url": own}, namespace="shop")
