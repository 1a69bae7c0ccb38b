"""Bad input: each value that can't work is refused when it is rendered, with a sentence that names
it and says what to do."""

import pytest

import chart

TAG = "image.tag"
SHA256 = "sha256:" + "0" * 64
HOLES = {"database.env": [{"value": "x"}]}

# (what is given, what the message has to have)
CASES = [
    ({TAG: ""}, ["image.tag is not set", "--set image.tag=<IMAGE_SHA>"]),
    ({TAG: None}, ["image.tag is not set"]),
    ({TAG: "latest"}, ['image.tag is "latest"', "7 to 64 hex digits"]),
    ({TAG: "v1.2.3"}, ['image.tag is "v1.2.3"']),
    ({TAG: "abc123"}, ['image.tag is "abc123"', "7 to 64"]),
    ({TAG: "a" * 65}, ["image.tag is", "7 to 64"]),
    ({TAG: "1e10"}, ['image.tag is "1e10"', "--set-string"]),
    ({TAG: SHA256}, ["a digest goes into image.digest"]),
    ({"image.digest": "sha256:12"}, ['image.digest is "sha256:12"', "64 hex digits"]),
    ({"image.repository": "gcr.io/example/coolkit:latest"}, ["image.repository is", "image.tag"]),
    ({"image.pullPolicy": "Sometimes"}, ['image.pullPolicy is "Sometimes"', "IfNotPresent"]),
    ({"keda.minReplicas": 20, "keda.maxReplicas": 15},
     ["keda.minReplicas (20) is above keda.maxReplicas (15)", "raise the other"]),
    ({"keda.minReplicas": -1}, ["keda.minReplicas is -1", "from 1"]),
    ({"keda.minReplicas": 0}, ["keda.minReplicas is 0"]),
    ({"keda.enabled": False, "replicas": -3}, ["replicas is -3"]),
    ({"keda.pollingInterval": 0}, ["keda.pollingInterval is 0"]),
    ({"keda.cooldownPeriod": 86400}, ["keda.cooldownPeriod is 86400", "from 0 to 3600"]),
    ({"keda.mode": "replicas"}, ['keda.mode is "replicas"', "desiredReplicas, load"]),
    ({"keda.targetValue": "0"}, ['keda.targetValue is "0"', "above 0"]),
    ({"keda.targetValue": -5}, ['keda.targetValue is "-5"']),
    ({"keda.mode": "load", "scaler.perPodTarget": "auto"}, ["set keda.targetValue"]),
    ({"keda.tolerance": "10%"}, ['keda.tolerance is "10%"']),
    ({"keda.url": "scaler/estimate"}, ['keda.url is "scaler/estimate"', "http://HOST"]),
    ({"keda.fallback.replicas": 500}, ["keda.fallback.replicas is 500", "keda.maxReplicas (100)"]),
    ({"keda.fallback.behavior": "hope"}, ['keda.fallback.behavior is "hope"']),
    ({"rollout.maxUnavailable": "110%"}, ["rollout.maxUnavailable is 110%", "0% to 100%"]),
    ({"rollout.maxUnavailable": "-10%"}, ['rollout.maxUnavailable is "-10%"', "0% to 100%"]),
    ({"rollout.maxUnavailable": "ten"}, ['rollout.maxUnavailable is "ten"']),
    ({"rollout.maxSurge": "101%"}, ["rollout.maxSurge is 101%"]),
    ({"rollout.maxSurge": "10.5%"}, ['rollout.maxSurge is "10.5%"']),
    ({"rollout.maxUnavailable": "0%", "rollout.maxSurge": 0}, ["both 0", "raise one"]),
    ({"rollout.progressDeadlineSeconds": 10}, ["progressDeadlineSeconds (10) must be above"]),
    ({"podDisruptionBudget.minAvailable": "120%"}, ["podDisruptionBudget.minAvailable is 120%"]),
    ({"podDisruptionBudget.minAvailable": "100%"},
     ["podDisruptionBudget.minAvailable (100%) asks for 10 of the 10 pods", "lower it"]),
    ({"podDisruptionBudget.minAvailable": 10}, ["minAvailable (10) asks for 10 of the 10 pods"]),
    ({"podDisruptionBudget.minAvailable": "95%"}, ["no pod may be evicted"]),
    ({"keda.minReplicas": 4}, ["asks for 4 of the 4 pods of keda.minReplicas", "raise"]),
    ({"keda.enabled": False, "replicas": 1}, ["of the 1 pods of replicas", "enabled to false"]),
    ({"rollout.maxUnavailable": "30%"}, ["rollout.maxUnavailable (30%) leaves 7 of 10", "lower"]),
    ({"resources.requests.cpu": "-1"}, ['resources.requests.cpu is "-1"', "not negative"]),
    ({"resources.limits.memory": "-1Gi"}, ['resources.limits.memory is "-1Gi"']),
    ({"resources.limits.memory": "1GB"}, ['resources.limits.memory is "1GB"', "1Gi"]),
    ({"scaler.resources.requests.memory": -1}, ['scaler.resources.requests.memory is "-1"']),
    ({"resources.requests.memory": "2Gi"}, ["resources.requests.memory (2Gi) is above"]),
    ({"config.cacheBytes": "1GiB"}, ["config.cacheBytes (1GiB)", "80 %", "raise the limit"]),
    ({"config.cacheBytes": "lots"}, ['config.cacheBytes is "lots"']),
    ({"config.maxValueBytes": "9MiB"}, ["config.maxValueBytes is 9MiB", "8MiB"]),
    ({"config.drainTimeout": "90s"},
     ["config.drainTimeout (90s) does not fit in terminationGracePeriodSeconds (60)", "raise"]),
    ({"terminationGracePeriodSeconds": 30}, ["is 40 s"]),
    ({"preStopSeconds": 30}, ["does not fit", "65 s"]),
    ({"config.drainTimeout": "soon"}, ['config.drainTimeout is "soon"', "duration"]),
    ({"config.maxStaleness": "0"}, ["config.maxStaleness is 0", "1ms"]),
    ({"config.threads": "0"}, ["config.threads is 0"]),
    ({"config.logLevel": "verbose"}, ['config.logLevel is "verbose"']),
    ({"config.ring": "a b"}, ['config.ring is "a b"']),
    ({"keda.maxReplicas": 400},
     ["database.connections (400) is too few", "(440)", "keda.maxReplicas"]),
    ({"database.connections": 129}, ["database.connections (129) is too few"]),
    ({"extraEnv": [{"name": "COOLKIT_DRAIN_TIMEOUT", "value": "1h"}]},
     ["extraEnv has COOLKIT_DRAIN_TIMEOUT", "the chart sets"]),
    ({"extraArgs": ["--drain-timeout=1h"]}, ["extraArgs has --drain-timeout"]),
    ({"extraEnv": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
     ["extraEnv has A", "once"]),
    (HOLES, ["database.env has an entry without a name"]),
    ({"cloudSql.authProxy.enabled": True}, ['cloudSql.authProxy.instance is ""', "project:region"]),
    ({"serviceAccount.workloadIdentity": "me@example.com"}, ["serviceAccount.workloadIdentity is"]),
    ({"service.port": 2345}, ["are both 2345"]),
    ({"service.port": 99999}, ["service.port is 99999"]),
    ({"podLabels": {"app.kubernetes.io/name": "x"}}, ["podLabels has app.kubernetes.io/name"]),
    ({"monitoring.scrapeTimeout": "30s"}, ["monitoring.scrapeTimeout (30s) is longer than"]),
    ({"monitoring.collector": "datadog"}, ['monitoring.collector is "datadog"']),
    ({"scaler.service.name": "Scaler_1"}, ['scaler.service.name is "Scaler_1"']),
    ({"scaler.service.name": "coolkit-headless"}, ["as another Service", "take another name"]),
    ({"fullnameOverride": "9lives"}, ['the full name is "9lives"', "set fullnameOverride"]),
    ({"nameOverride": "K v"}, ['the full name is "coolkit-K v"', "set fullnameOverride"]),
    ({"extraVolumes": [{"name": "tmp"}]}, ['extraVolumes has "tmp"', "take another name"]),
    ({"extraContainers": [{"name": "coolkit"}]}, ['extraContainers has "coolkit"']),
    ({"networkPolicy.databasePorts": [0]}, ["networkPolicy.databasePorts has 0"]),
    ({"probes.liveness.path": ""}, ['probes.liveness.path is ""', "/healthz/process"]),
    ({"config.bindAddress": ""}, ['config.bindAddress is ""', "0.0.0.0"]),
    # By the schema: what is missing, unknown, or has a wrong type.
    ({"keda": None}, ["keda"]),
    ({"keda.url": None}, ["url"]),
    ({"probes.startup": None}, ["startup"]),
    ({"alerts.thresholds.errorRatio": None}, ["errorRatio"]),
    ({"keda.minReplica": 5}, ["minReplica"]),
    ({"replicaCount": 5}, ["replicaCount"]),
    ({"image.tags": "deadbeef"}, ["tags"]),
    ({"keda.enabled": "yes"}, ["keda", "boolean"]),
    ({"keda.minReplicas": "ten"}, ["minReplicas", "integer"]),
    ({"keda.minReplicas": 10.5}, ["minReplicas", "integer"]),
    ({"database.env": {"DATABASE_URL": "x"}}, ["env", "array"]),
]


@pytest.mark.parametrize("values, words", CASES, ids=[str(next(iter(one[0].items())))
                                                      for one in CASES])
def test_a_bad_value_is_refused_with_a_remedy(helm, values, words):
    with pytest.raises(chart.Refused) as refusal:
        chart.template(helm, values)
    said = str(refusal.value)
    for word in words:
        assert word in said, said


def test_all_that_is_wrong_is_said_at_once(helm4):
    with pytest.raises(chart.Refused) as refusal:
        chart.template(helm4, {TAG: "", "keda.minReplicas": 200, "rollout.maxSurge": "200%"})
    said = str(refusal.value)
    assert all(name in said for name in ("image.tag", "keda.minReplicas", "rollout.maxSurge")), said


# What --set makes of a tag: a number of digits must come out as it was written.
@pytest.mark.parametrize("tag", ["1234567", "12345678", "0123456", "1234567e8", "deadbeef",
                                 "9" * 18, "9" * 40, "DEADBEEF", "a" * 64])
@pytest.mark.parametrize("flag", ["--set", "--set-string"])
def test_a_sha_survives_the_command_line(helm, tag, flag):
    rendered = chart.parse(chart.run(helm, "template", "coolkit", "./helm", flag,
                                     f"image.tag={tag}"))
    assert chart.container(rendered.of("Deployment", "coolkit"))["image"] == \
        f"gcr.io/example/coolkit:{tag}"


@pytest.mark.parametrize("tag", ["12345678", "1234567e8", "01234567", "0x1234567"])
def test_an_unquoted_number_in_a_file_is_refused(helm, tag, tmp_path):
    path = tmp_path / "values.yaml"
    path.write_text(f"image:\n  tag: {tag}\n", encoding="utf-8")
    with pytest.raises(chart.Refused) as refusal:
        chart.run(helm, "template", "coolkit", "./helm", "--values", str(path))
    assert "quote it" in str(refusal.value)
    path.write_text(f"image:\n  tag: '{tag}'\n", encoding="utf-8")
    if "x" not in tag:
        assert f"coolkit:{tag}" in chart.run(helm, "template", "coolkit", "./helm", "--values",
                                             str(path))


def test_a_digest_pins_the_image(helm):
    digest = "sha256:" + "ab" * 32
    rendered = chart.objects(helm, {"image.digest": digest})
    assert chart.container(rendered.of("Deployment", "coolkit"))["image"] == \
        f"gcr.io/example/coolkit:{chart.TAG}@{digest}"
    rendered = chart.objects(helm, {"image.digest": digest, TAG: ""})
    assert chart.container(rendered.of("Deployment", "coolkit"))["image"] == \
        f"gcr.io/example/coolkit@{digest}"
