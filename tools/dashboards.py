#!/usr/bin/env python3
"""The Grafana dashboards of helm/files/dashboards: `tools/dashboards.py` writes them.

A panel is (title, unit, queries), a query (what it asks, what its lines are called). In queries @
stands for the labels that choose the pods, and ~ for the window of a rate. Metrics of others than
coolkit are asked for only in panels of `FOREIGN` sections, which say whose they are.
"""

import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "helm" / "files" / "dashboards"
PODS = 'namespace="$namespace",job="$job",pod=~"$pod"'
WINDOW = "$__rate_interval"
COLUMNS, WIDTH, HEIGHT = 24, 8, 8
KEY_ROUTE = 'route="/v1/kv/{collection}/{key}"'
FAILED = 'code=~"500|503|504|507"'
FOREIGN = "of the cluster"  # in a section's name: not coolkit's own metrics
# With the chart's names: the Deployment, the ScaledObject and `job` are called the same.
AUTOSCALER = 'namespace="$namespace",horizontalpodautoscaler="keda-hpa-$job"'
DEPLOYMENT = 'namespace="$namespace",deployment="$job"'


def rate(metric, by, labels=""):
    return f"sum by ({by}) (rate({metric}{{@{',' if labels else ''}{labels}}}[~]))"


def quantile(share, metric, by="", labels=""):
    buckets = rate(f"{metric}_bucket", f"le{', ' if by else ''}{by}", labels)
    return f"histogram_quantile({share}, {buckets})"


def rates(title, metric, by, unit="ops", labels=""):
    return title, unit, [(rate(metric, by, labels), f"{{{{{by}}}}}")]


def by_pod(title, metric, unit="short", labels=""):
    labels = f"@{',' if labels else ''}{labels}"
    return title, unit, [(f"max by (pod) ({metric}{{{labels}}})", "{{pod}}")]


def keda(metric):
    """Whether or not KEDA's own label `namespace` is honoured."""
    of_object = 'scaledObject="$job"'
    return (f'max({metric}{{exported_namespace="$namespace",{of_object}}} '
            f'or {metric}{{namespace="$namespace",{of_object}}})')


SECONDS = "coolkit_http_request_duration_seconds"
OVERVIEW = {
    "Rate, errors, duration": [
        rates("Requests by status", "coolkit_http_requests_total", "code", "reqps"),
        ("Part that fails with 5xx", "percentunit", [(
            f"sum(rate(coolkit_http_requests_total{{@,{FAILED}}}[~])) "
            "/ sum(rate(coolkit_http_requests_total{@}[~]))", "failed")]),
        ("Calls for one key: duration", "s", [
            (quantile(share, SECONDS, labels=KEY_ROUTE), f"p{100 * share:.0f}")
            for share in (0.5, 0.95, 0.99)]),
        ("Requests by call", "reqps", [
            (rate("coolkit_http_requests_total", "method, route"), "{{method}} {{route}}")]),
        ("p99 by call", "s", [
            (quantile(0.99, SECONDS, "method, route"), "{{method}} {{route}}")]),
        ("Requests by pod", "reqps", [(rate("coolkit_http_requests_total", "pod"), "{{pod}}")]),
    ],
    "Utilisation": [
        ("CPU by pod", "short", [(rate("process_cpu_seconds_total", "pod"), "{{pod}}")]),
        ("Memory of the limit", "percentunit", [(
            "max by (pod) (coolkit_memory_usage_bytes{@} / coolkit_memory_limit_bytes{@})",
            "{{pod}}")]),
        ("Connections", "short", [
            ('sum by (pod) (coolkit_http_connections{@,port="api"})', "{{pod}}")]),
    ],
    "Saturation": [
        ("CPU periods in which a pod was held back, seconds of it", "short", [
            (rate("coolkit_process_cpu_throttled_periods_total", "pod"), "{{pod}} periods"),
            (rate("coolkit_process_cpu_throttled_seconds_total", "pod"), "{{pod}} seconds")]),
        by_pod("Delay of the event loops", "coolkit_event_loop_delay_seconds", "s"),
        ("Requests in flight", "short", [
            ('sum by (pod) (coolkit_http_requests_in_flight{@,port="api"})', "{{pod}}")]),
        ("Limits that were reached", "ops", [
            (rate("coolkit_http_limit_hits_total", "limit"), "{{limit}}"),
            (rate("coolkit_limit_hits_total", "limit"), "{{limit}}")]),
        ("Health: the worst pod of each check", "short", [
            ("min by (check) (coolkit_health_check_status{@})", "{{check}}")]),
        ("Pods by build", "short", [
            ("count by (revision) (coolkit_build_info{@})", "{{revision}}")]),
    ],
    f"Pods, {FOREIGN}: kube-state-metrics": [
        ("Restarts of containers", "short", [(
            'sum by (pod) (increase(kube_pod_container_status_restarts_total'
            '{namespace="$namespace",pod=~"$job-.*"}[1h]))', "{{pod}}")]),
        ("Waiting for", "short", [(
            'sum by (reason) (kube_pod_container_status_waiting_reason'
            '{namespace="$namespace",pod=~"$job-.*"})', "{{reason}}")]),
    ],
}
RING = {
    "Membership": [
        by_pod("Peers that each pod sees", "coolkit_cluster_peers"),
        by_pod("Epoch of the view", "coolkit_cluster_epoch"),
        by_pod("Pods in another epoch", "coolkit_cluster_view_disagreements"),
        by_pod("Slots", "coolkit_cluster_slots"),
        rates("Views", "coolkit_cluster_views_total", "event"),
        ("Leader and tailers", "short", [
            ("sum(coolkit_cluster_leads{@})", "leaders"),
            ("sum(coolkit_feed_tails{@})", "tailers"),
            ("max(coolkit_cluster_ring_name_conflict{@})", "ring name in use elsewhere")]),
    ],
    "Between pods": [
        rates("Reads at the owner", "coolkit_peer_reads_total", "result"),
        rates("Writes at the owner", "coolkit_forwarded_writes_total", "result"),
        ("Requests to peers", "ops", [
            (rate("coolkit_peer_requests_total", "kind, result"), "{{kind}} {{result}}")]),
        ("p99 of requests to peers", "s", [
            (quantile(0.99, "coolkit_peer_request_duration_seconds", "kind"), "{{kind}}")]),
        rates("Bytes", "coolkit_peer_bytes_total", "direction", "Bps"),
        ("Connections, and pods that are not asked", "short", [
            ("sum by (direction) (coolkit_peer_connections{@})", "{{direction}}"),
            ("sum(coolkit_peer_breakers_open{@})", "not asked")]),
    ],
    "Hand-off": [
        by_pod("Slots to hand over", "coolkit_hand_off_slots_pending"),
        ("Entries and failures", "ops", [
            ("sum(rate(coolkit_hand_off_entries_total{@}[~]))", "entries"),
            ("sum(rate(coolkit_hand_off_failures_total{@}[~]))", "failures")]),
        rates("Look-ups at the owner before", "coolkit_previous_owner_lookups_total", "result"),
    ],
    "Feed": [
        by_pod("Age of the horizon", "coolkit_feed_horizon_age_seconds", "s"),
        rates("Frames", "coolkit_feed_frames_total", "result"),
        ("Polls", "ops", [
            ("sum(rate(coolkit_feed_polls_total{@}[~]))", "polls"),
            ("sum(rate(coolkit_feed_self_polls_total{@}[~]))", "of a pod for itself"),
            ("sum(rate(coolkit_feed_poll_errors_total{@}[~]))", "errors"),
            ("sum(rate(coolkit_feed_gaps_total{@}[~]))", "gaps")]),
    ],
}
CACHE = {
    "Reads": [
        rates("Look-ups", "coolkit_cache_requests_total", "result"),
        ("Hit ratio", "percentunit", [(
            'sum(rate(coolkit_cache_requests_total{@,result=~"hit|negative_hit"}[~])) '
            '/ sum(rate(coolkit_cache_requests_total{@,result!="bypass"}[~]))', "hits")]),
        ("Hits of other pods' keys", "ops", [
            ("sum(rate(coolkit_cache_near_hits_total{@}[~]))", "copies of hot keys")]),
        ("Loads", "short", [
            ("sum(coolkit_cache_loads_in_flight{@})", "in flight"),
            ("sum(coolkit_cache_load_waiters{@})", "reads that wait")]),
        ("Reads that shared a load", "ops", [
            ("sum(rate(coolkit_cache_collapsed_loads_total{@}[~]))", "shared")]),
    ],
    "Content": [
        ("Memory", "bytes", [
            ("sum(coolkit_cache_bytes{@})", "used"),
            ("sum(coolkit_cache_limit_bytes{@})", "limit")]),
        ("Memory of the limit by pod", "percentunit", [(
            "max by (pod) (coolkit_cache_bytes{@} / coolkit_cache_limit_bytes{@})", "{{pod}}")]),
        ("Entries", "short", [
            ("sum(coolkit_cache_entries{@})", "all"),
            ("sum(coolkit_cache_negative_entries{@})", "absent keys")]),
        ("Changes", "ops", [
            (f"sum(rate(coolkit_cache_{what}_total{{@}}[~]))", what)
            for what in ("admissions", "evictions", "invalidations", "refusals")]),
    ],
}
DATABASE = {
    "Statements": [
        rates("Statements", "coolkit_database_statements_total", "statement"),
        ("p50 and p95", "s", [
            (quantile(share, "coolkit_database_statement_duration_seconds", "statement"),
             f"{{{{statement}}}} p{100 * share:.0f}") for share in (0.5, 0.95)]),
        rates("Errors of statements", "coolkit_database_statement_errors_total", "statement"),
        ("Keys for each read statement, rows for each commit", "short", [
            ("sum(rate(coolkit_database_keys_loaded_total{@}[~])) "
             "/ sum(rate(coolkit_database_loads_total{@}[~]))", "keys"),
            ("sum(rate(coolkit_database_rows_written_total{@}[~])) "
             "/ sum(rate(coolkit_database_commits_total{@}[~]))", "rows")]),
        ("Operations that wait", "short", [
            ("sum by (queue) (coolkit_database_queue_length{@})", "{{queue}}")]),
        ("Outcome unknown, contention", "ops", [
            ("sum(rate(coolkit_database_outcome_unknown_total{@}[~]))", "outcome unknown"),
            ("sum(rate(coolkit_compare_and_set_retries_total{@}[~]))", "tried again"),
            ("sum(rate(coolkit_coordination_errors_total{@}[~]))", "leases and views failed")]),
    ],
    "Connections": [
        ("Connections", "short", [
            ("sum by (state) (coolkit_database_connections{@})", "{{state}}"),
            ("sum(coolkit_database_connections_limit{@})", "allowed")]),
        ("Connections at work", "percentunit", [(
            'sum by (pod) (coolkit_database_connections{@,state="in_use"}) '
            "/ sum by (pod) (coolkit_database_connections_limit{@} > 0)", "{{pod}}")]),
        rates("Errors of connections", "coolkit_database_connection_errors_total", "reason"),
        ("Pods that reach the database", "percentunit", [
            ('avg(coolkit_health_check_status{@,check="database"})', "reach it")]),
    ],
    "Maintenance": [
        ("Removed", "ops", [
            ("sum(rate(coolkit_database_change_rows_pruned_total{@}[~]))", "rows of the feed"),
            ("sum(rate(coolkit_database_dead_rows_collected_total{@}[~]))", "dead rows"),
            ("sum(rate(coolkit_database_maintenance_errors_total{@}[~]))", "errors")]),
        ("New lives of the database", "short", [
            ("max by (pod) (coolkit_feed_incarnations_total{@})", "{{pod}}")]),
    ],
}
SCALER = 'namespace="$namespace",job="$job-scaler"'


def scaler(metric, by="pod"):
    return f"max by ({by}) ({metric}{{{SCALER}}})"


SCALING = {
    "The scaler": [
        ("Wanted and serving", "short", [
            (scaler("coolkit_scaler_desired_replicas"), "wanted by {{pod}}"),
            (scaler("coolkit_scaler_pods", "state"), "{{state}}")]),
        ("Load and what the pods should get", "reqps", [
            (scaler("coolkit_scaler_load", "workload"), "load"),
            ("max by (workload) (coolkit_scaler_per_pod_target{%s}) * on (workload) "
             'max by (workload) (coolkit_scaler_pods{%s,state="serving"})' % (SCALER, SCALER),
             "target of those that serve")]),
        ("Reasons", "ops", [(
            "sum by (reason) (rate(coolkit_scaler_decisions_total{%s}[~]))" % SCALER,
            "{{reason}}")]),
        ("Stale, forecast error", "short", [
            (scaler("coolkit_scaler_stale"), "stale {{pod}}"),
            (scaler("coolkit_scaler_forecast_error_ratio"), "forecast error {{pod}}")]),
        ("Looks at pods", "s", [
            (scaler("coolkit_scaler_round_duration_seconds"), "time {{pod}}"),
            ("sum(rate(coolkit_scaler_scrape_errors_total{%s}[~]))" % SCALER, "pods failed"),
            ("sum(rate(coolkit_scaler_discovery_errors_total{%s}[~]))" % SCALER, "DNS failed")]),
        ("Answers", "reqps", [
            ("sum by (code) (rate(coolkit_scaler_requests_total{%s}[~]))" % SCALER, "{{code}}")]),
    ],
    f"The autoscaler, {FOREIGN}: kube-state-metrics": [
        ("Replicas", "short", [
            (f"kube_horizontalpodautoscaler_status_desired_replicas{{{AUTOSCALER}}}", "wanted"),
            (f"kube_horizontalpodautoscaler_spec_max_replicas{{{AUTOSCALER}}}", "maximum"),
            (f"kube_deployment_spec_replicas{{{DEPLOYMENT}}}", "of the Deployment"),
            (f"kube_deployment_status_replicas_available{{{DEPLOYMENT}}}", "available")]),
        ("Conditions", "short", [(
            'max by (condition) (kube_horizontalpodautoscaler_status_condition'
            f'{{{AUTOSCALER},status="true"}})', "{{condition}}")]),
    ],
    f"KEDA, {FOREIGN}: KEDA's operator": [
        ("Value", "short", [(keda("keda_scaler_metrics_value"), "value")]),
        ("Errors, paused", "short", [
            (keda("keda_scaler_detail_errors_total"), "errors since KEDA's start"),
            (keda("keda_scaled_object_paused"), "paused")]),
    ],
}
DASHBOARDS = {"overview": ("coolkit", OVERVIEW), "ring": ("coolkit: ring", RING),
              "cache": ("coolkit: cache", CACHE), "database": ("coolkit: database", DATABASE),
              "scaling": ("coolkit: scaling", SCALING)}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def queries():
    """(dashboard, panel, expression, whether it asks for others' metrics) of each, finished."""
    for name, (_, sections) in DASHBOARDS.items():
        for section, panels in sections.items():
            for title, _, asked in panels:
                for expression, _ in asked:
                    yield name, title, finished(expression), FOREIGN in section


def finished(expression):
    return expression.replace("@", PODS).replace("[~]", f"[{WINDOW}]")


def variable(name, query, **more):
    return {"name": name, "type": "query", "datasource": SOURCE, "refresh": 2, "sort": 1,
            "query": {"query": query, "refId": name}, "definition": query} | more


def panel_json(number, title, unit, asked, x, y):
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "custom": {
            "axisSoftMin": 0, "fillOpacity": 5, "showPoints": "never"}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"},
                    "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + n), "datasource": SOURCE,
                     "expr": finished(expression), "legendFormat": legend}
                    for n, (expression, legend) in enumerate(asked)]}


def panels_json(sections):
    found, y = [], 0
    for section, panels in sections.items():
        found.append({"id": len(found) + 1, "type": "row", "title": section, "collapsed": False,
                      "panels": [], "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        y += 1
        for n, (title, unit, asked) in enumerate(panels):
            place = n * WIDTH
            found.append(panel_json(len(found) + 1, title, unit, asked, place % COLUMNS,
                                    y + place // COLUMNS * HEIGHT))
        y += -(-len(panels) * WIDTH // COLUMNS) * HEIGHT
    return found


def dashboard(name):
    title, sections = DASHBOARDS[name]
    of_namespace = 'coolkit_cluster_peers{namespace="$namespace"'
    alerts = 'ALERTS{alertname=~"Coolkit.*",namespace="$namespace",alertstate="firing"}'
    return {
        "uid": f"coolkit-{name}", "title": title, "tags": ["coolkit"], "schemaVersion": 39,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "title": "coolkit", "tags": ["coolkit"],
                   "asDropdown": False, "keepTime": True, "includeVars": True}],
        "annotations": {"list": [{
            "name": "Alerts", "datasource": SOURCE, "enable": True, "iconColor": "red",
            "expr": alerts, "titleFormat": "{{alertname}}", "step": "60s"}]},
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus"},
            variable("namespace", "label_values(coolkit_cluster_peers, namespace)"),
            variable("job", f"label_values({of_namespace}}}, job)"),
            variable("pod", f'label_values({of_namespace},job="$job"}}, pod)', includeAll=True,
                     multi=True, allValue=".*", current={"text": "All", "value": "$__all"})]},
        "panels": panels_json(sections)}


def text(name):
    return json.dumps(dashboard(name), indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in DASHBOARDS:
        (FOLDER / f"{each}.json").write_text(text(each), encoding="utf-8")
