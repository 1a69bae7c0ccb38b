{{- /* What is allowed and risky in the given values; for NOTES.txt. */ -}}
{{- define "coolkit.warnings" -}}
{{- $values := .Values -}}
{{- $keda := $values.keda -}}
{{- $warnings := list -}}
{{- $limits := default dict (default dict $values.resources).limits -}}
{{- $requests := default dict (default dict $values.resources).requests -}}
{{- range $values.database.env -}}
{{- if and (eq .name "DATABASE_URL") (regexMatch "://[^/@]*:[^/@]*@" (default "" .value)) -}}
{{- $warnings = append $warnings "database.env has a password: it is readable in the Deployment and in the release; use a Secret (database.envFrom)." -}}
{{- end -}}
{{- end -}}
{{- if $values.networkPolicy.enabled -}}
{{- range $values.database.env -}}
{{- $port := regexFind ":[0-9]+(/|$|[?])" (regexReplaceAll "^[a-z]+://([^/]*@)?" (default "" .value) "") | regexFind "[0-9]+" -}}
{{- if and (hasPrefix "postgres" (default "" .value)) $port (not (has $port (splitList "," (include "coolkit.databasePorts" $)))) -}}
{{- $warnings = append $warnings (printf "the database's port %s is not in networkPolicy.databasePorts: where policies are enforced, coolkit can't reach it." $port) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $values.database.env (not $values.database.envFrom) (not $values.extraEnvFrom) -}}
{{- $names := list -}}
{{- range concat $values.database.env (default list $values.extraEnv) -}}{{- $names = append $names .name -}}{{- end -}}
{{- if not (or (has "DATABASE_URL" $names) (has "DATABASE_URL_FILE" $names)) -}}
{{- $warnings = append $warnings "database.env has neither DATABASE_URL nor DATABASE_URL_FILE, and nothing else may have it: coolkit will not start. PG* variables need DATABASE_URL=postgres:// beside them." -}}
{{- end -}}
{{- end -}}
{{- $peak := include "coolkit.peakPods" . | int -}}
{{- range $name, $value := $values.capacity -}}
{{- $asked := mulf (include "coolkit.milli" (default "0" (get $requests $name)) | float64) $peak -}}
{{- if gt $asked (include "coolkit.milli" $value | float64) -}}
{{- $warnings = append $warnings (printf "capacity.%s (%v) is too small for %d pods that ask for %v each: the last of them will stay Pending." $name $value $peak (get $requests $name)) -}}
{{- end -}}
{{- end -}}
{{- if not $limits.memory -}}
{{- $warnings = append $warnings "resources.limits.memory is not set: each pod takes half of its node's memory for the cache." -}}
{{- else if $requests.memory -}}
{{- if ne (include "coolkit.milli" $requests.memory) (include "coolkit.milli" $limits.memory) -}}
{{- $warnings = append $warnings (printf "resources.requests.memory (%v) is below the limit (%v): a cache fills its limit, and full nodes evict pods." $requests.memory $limits.memory) -}}
{{- end -}}
{{- end -}}
{{- if $limits.cpu -}}
{{- $warnings = append $warnings "resources.limits.cpu is set: throttling shows in the slowest answers (coolkit_process_cpu_throttled_periods_total)." -}}
{{- end -}}
{{- if eq (include "coolkit.readinessPath" .) "/healthz" -}}
{{- $warnings = append $warnings "readiness asks the database: when it is gone, all pods leave the Service at once and nothing is answered." -}}
{{- end -}}
{{- $budget := $values.podDisruptionBudget -}}
{{- if not $budget.enabled -}}
{{- $warnings = append $warnings "podDisruptionBudget.enabled is false: a node upgrade may evict all pods at once." -}}
{{- else -}}
{{- $pods := include "coolkit.minReplicas" . | int -}}
{{- $missing := include "coolkit.share" (dict "of" $pods "value" $values.rollout.maxUnavailable "up" false) | int -}}
{{- $needed := include "coolkit.share" (dict "of" $pods "value" $budget.minAvailable "up" true) | int -}}
{{- if eq (int (sub (sub $pods $missing) $needed)) 0 -}}
{{- $warnings = append $warnings (printf "podDisruptionBudget.minAvailable (%v) and rollout.maxUnavailable (%v) leave no pod to evict during a rollout of %d pods: node upgrades wait for it." $budget.minAvailable $values.rollout.maxUnavailable $pods) -}}
{{- end -}}
{{- if ne $budget.unhealthyPodEvictionPolicy "AlwaysAllow" -}}
{{- $warnings = append $warnings "podDisruptionBudget.unhealthyPodEvictionPolicy is not AlwaysAllow: while pods are not ready, node upgrades block." -}}
{{- end -}}
{{- end -}}
{{- if $keda.enabled -}}
{{- if not $keda.useCachedMetrics -}}
{{- $warnings = append $warnings (printf "keda.pollingInterval (%d) has no effect without keda.useCachedMetrics: the autoscaler asks at each of its syncs." (int $keda.pollingInterval)) -}}
{{- end -}}
{{- if eq (int $keda.cooldownPeriod) 0 -}}
{{- $warnings = append $warnings "keda.cooldownPeriod is 0: the first low answer takes pods, and their cache, away." -}}
{{- end -}}
{{- if not $keda.fallback.enabled -}}
{{- $warnings = append $warnings "keda.fallback.enabled is false: while the scaler does not answer, the number of pods stays as it is, whatever the load." -}}
{{- end -}}
{{- if and (eq $keda.mode "desiredReplicas") (not (has (include "coolkit.targetValue" .) (list "1" "1.0"))) -}}
{{- $warnings = append $warnings (printf "keda.targetValue is %s and keda.mode desiredReplicas: the scaler's number is divided by it; coolkit's scaler means 1." (include "coolkit.targetValue" .)) -}}
{{- end -}}
{{- $url := tpl $keda.url . -}}
{{- if and $values.scaler.enabled (ne $url (include "coolkit.scalerUrl" .)) -}}
{{- $warnings = append $warnings (printf "KEDA asks %s, and the scaler of this release is at %s: if the other is not meant, set keda.url." $url (include "coolkit.scalerUrl" .)) -}}
{{- end -}}
{{- if and (regexMatch "[.](svc|local)" $url) (eq (int $values.scaler.replicas) 1) $values.scaler.enabled -}}
{{- $warnings = append $warnings "scaler.replicas is 1: while that pod moves, KEDA has no answer." -}}
{{- end -}}
{{- else -}}
{{- $warnings = append $warnings (printf "keda.enabled is false: the number of pods stays at %d, and every upgrade sets it again." (int $values.replicas)) -}}
{{- end -}}
{{- if not $values.migration.enabled -}}
{{- $warnings = append $warnings "migration.enabled is false: pods bring the schema up to date themselves if their user may; otherwise run coolkit migrate before." -}}
{{- end -}}
{{- if and (eq (include "coolkit.collector" .) "none") $values.alerts.enabled -}}
{{- $warnings = append $warnings "nothing collects metrics (monitoring.collector), so there are no alerts." -}}
{{- end -}}
{{- if and (gt (int $values.preStopSeconds) 0) (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- $warnings = append $warnings "this Kubernetes has no preStop sleep (1.30): during rollouts some clients may meet a pod that has just begun to drain." -}}
{{- end -}}
{{- with $warnings }}

Mind:
{{- range . }}
- {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "coolkit.databasePorts" -}}
{{- $ports := list -}}
{{- range .Values.networkPolicy.databasePorts -}}{{- $ports = append $ports (int . | toString) -}}{{- end -}}
{{- join "," $ports -}}
{{- end }}
