{{- /* Values that can't work are refused with what is wrong and what to do, all of them at once. What
       has a wrong type or is unknown is refused by values.schema.json before. */ -}}
{{- define "coolkit.validate" -}}
{{- $found := dict "root" . "texts" list -}}
{{- range list "image" "names" "ranges" "choices" "durations" "quantities" "replicas" "rollout" "disruption" "keda" "database" "environment" "others" -}}
{{- include (printf "coolkit.validate.%s" .) $found -}}
{{- end -}}
{{- with $found.texts -}}
{{- fail (printf "\n\ncoolkit: these values can't work:\n- %s\n" (join "\n- " .)) -}}
{{- end -}}
{{- end }}

{{- /* {found, text} */ -}}
{{- define "coolkit.refuse" -}}
{{- $_ := set .found "texts" (append .found.texts .text) -}}
{{- end }}

{{- /* A dotted path of values. */ -}}
{{- define "coolkit.value" -}}
{{- $value := .root.Values -}}
{{- range splitList "." .path -}}{{- $value = get (default dict $value) . -}}{{- end -}}
{{- dict "value" $value | toJson -}}
{{- end }}

{{- define "coolkit.validate.image" -}}
{{- $image := .root.Values.image -}}
{{- $tag := include "coolkit.tag" .root -}}
{{- if kindIs "float64" $image.tag -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "image.tag was read as the number %s, which may not be the SHA that was written; quote it: tag: \"…\" in a values file, --set-string image.tag=… on the command line" $tag)) -}}
{{- else if and (not $tag) (not $image.digest) -}}
{{- include "coolkit.refuse" (dict "found" . "text" "image.tag is not set; pin the image by the SHA of its build: --set image.tag=<IMAGE_SHA>") -}}
{{- else if and $tag (not (regexMatch "^[0-9a-fA-F]{7,64}$" $tag)) -}}
{{- $remedy := "it must be the SHA of the build, 7 to 64 hex digits; if this is not what you wrote, quote it: --set-string image.tag=…" -}}
{{- if hasPrefix "sha256:" $tag -}}{{- $remedy = "a digest goes into image.digest" -}}{{- end -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "image.tag is \"%s\": %s" $tag $remedy)) -}}
{{- end -}}
{{- if and $image.digest (not (regexMatch "^sha256:[0-9a-f]{64}$" $image.digest)) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "image.digest is \"%s\": it must be sha256: and 64 hex digits" $image.digest)) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$" $image.repository) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "image.repository is \"%s\": it must be a name without tag and digest; these go into image.tag and image.digest" $image.repository)) -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.names" -}}
{{- $found := . -}}
{{- $label := "^[a-z]([a-z0-9-]*[a-z0-9])?$" -}}
{{- $fullname := include "coolkit.fullname" .root -}}
{{- $service := .root.Values.scaler.service.name -}}
{{- if not (regexMatch $label $fullname) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "the full name is \"%s\": names of Services are lower-case letters, digits and '-', and begin with a letter; set fullnameOverride" $fullname)) -}}
{{- end -}}
{{- if not (regexMatch $label $service) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "scaler.service.name is \"%s\": names of Services are lower-case letters, digits and '-', and begin with a letter" $service)) -}}
{{- end -}}
{{- if and .root.Values.scaler.enabled (has $service (list $fullname (include "coolkit.headless" .root))) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "scaler.service.name is \"%s\", as another Service of this release; take another name" $service)) -}}
{{- end -}}
{{- range $entry := list (list "extraVolumes" "tmp") (list "extraContainers" "coolkit") (list "extraInitContainers" "cloud-sql-proxy") -}}
{{- range default list (get $found.root.Values (first $entry)) -}}
{{- if eq (default "" .name) (last $entry) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s has \"%s\", which the chart has itself; take another name" (first $entry) (last $entry))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^[A-Za-z0-9._/-]{1,128}$" (include "coolkit.ring" .root)) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "config.ring is \"%s\": it must be 1 to 128 letters, digits, '.', '_', '-' and '/'" (include "coolkit.ring" .root))) -}}
{{- end -}}
{{- if not (regexMatch "^[A-Za-z0-9._-]{1,63}$" .root.Values.scaler.workload) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "scaler.workload is \"%s\": it must be 1 to 63 letters, digits, '.', '_' and '-', as in the path of keda.url" .root.Values.scaler.workload)) -}}
{{- end -}}
{{- range $where := list "commonLabels" "podLabels" -}}
{{- range $key, $_ := default dict (get $found.root.Values $where) -}}
{{- if has $key (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component") -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s has %s, by which Services find their pods: the chart sets it; take another key" $where $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.ranges" -}}
{{- $found := . -}}
{{- range list
      (list "replicas" 1 100000) (list "keda.minReplicas" 1 100000) (list "keda.maxReplicas" 1 100000)
      (list "keda.pollingInterval" 1 3600) (list "keda.cooldownPeriod" 0 3600)
      (list "keda.fallback.failureThreshold" 1 100)
      (list "keda.scaleUp.percent" 1 10000) (list "keda.scaleUp.pods" 1 100000)
      (list "keda.scaleDown.percent" 1 100) (list "keda.scaleDown.pods" 1 100000)
      (list "scaler.replicas" 1 100) (list "scaler.zones" 1 100) (list "scaler.service.port" 1 65535)
      (list "service.port" 1 65535) (list "service.opsPort" 1 65535)
      (list "cloudSql.authProxy.port" 1 65535)
      (list "database.connections" 1 100000) (list "database.connectionsPerPod" 1 1000)
      (list "database.reserve" 0 100000)
      (list "rollout.minReadySeconds" 0 3600) (list "rollout.progressDeadlineSeconds" 1 86400)
      (list "rollout.revisionHistoryLimit" 0 1000)
      (list "preStopSeconds" 0 3600) (list "terminationGracePeriodSeconds" 1 86400)
      (list "migration.backoffLimit" 0 100) (list "migration.activeDeadlineSeconds" 1 86400)
      (list "probes.startup.periodSeconds" 1 3600) (list "probes.startup.timeoutSeconds" 1 3600)
      (list "probes.startup.failureThreshold" 1 10000)
      (list "probes.liveness.periodSeconds" 1 3600) (list "probes.liveness.timeoutSeconds" 1 3600)
      (list "probes.liveness.failureThreshold" 1 10000)
      (list "probes.readiness.periodSeconds" 1 3600) (list "probes.readiness.timeoutSeconds" 1 3600)
      (list "probes.readiness.failureThreshold" 1 10000) -}}
{{- $value := (include "coolkit.value" (dict "root" $found.root "path" (first .)) | fromJson).value -}}
{{- $number := int64 $value -}}
{{- if or (lt $number (index . 1 | int64)) (gt $number (index . 2 | int64)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is %s: it must be from %d to %d" (first .) (include "coolkit.plain" $value) (index . 1) (index . 2))) -}}
{{- end -}}
{{- end -}}
{{- range .root.Values.networkPolicy.databasePorts -}}
{{- if or (lt (int .) 1) (gt (int .) 65535) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "networkPolicy.databasePorts has %d: a port is from 1 to 65535" (int .))) -}}
{{- end -}}
{{- end -}}
{{- with include "coolkit.plain" .root.Values.config.threads -}}
{{- if not (and (regexMatch "^[0-9]{1,3}$" .) (ge (int .) 1) (le (int .) 256)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "config.threads is %s: it must be a whole number from 1 to 256, or empty" .)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.choices" -}}
{{- $found := . -}}
{{- range list
      (list "image.pullPolicy" "Always" "IfNotPresent" "Never")
      (list "config.logFormat" "auto" "text" "json")
      (list "config.logLevel" "debug" "info" "warn" "error")
      (list "service.type" "ClusterIP" "NodePort" "LoadBalancer")
      (list "podDisruptionBudget.unhealthyPodEvictionPolicy" "AlwaysAllow" "IfHealthyBudget")
      (list "keda.mode" "desiredReplicas" "load")
      (list "keda.fallback.behavior" "static" "currentReplicas" "currentReplicasIfHigher" "currentReplicasIfLower")
      (list "monitoring.collector" "auto" "podMonitor" "serviceMonitor" "podMonitoring" "none") -}}
{{- $value := (include "coolkit.value" (dict "root" $found.root "path" (first .)) | fromJson).value -}}
{{- if not (has $value (rest .)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is \"%v\": it must be one of %s" (first .) $value (join ", " (rest .)))) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.durations" -}}
{{- $found := . -}}
{{- range list
      (list "config.maxStaleness" 1 3600000 "1ms to 1h")
      (list "config.staleWhileDatabaseDown" 0 86400000 "0 to 1d")
      (list "database.startTimeout" 1000 86400000 "1s to 1d")
      (list "config.drainTimeout" 0 3600000 "0 to 1h")
      (list "keda.timeout" 1 60000 "1ms to 1m")
      (list "monitoring.interval" 1000 3600000 "1s to 1h")
      (list "monitoring.scrapeTimeout" 1000 3600000 "1s to 1h") -}}
{{- $value := (include "coolkit.value" (dict "root" $found.root "path" (first .)) | fromJson).value -}}
{{- $milliseconds := include "coolkit.milliseconds" (include "coolkit.plain" $value) -}}
{{- if not $milliseconds -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is \"%s\": it must be a duration such as 250ms, 90s or 5m" (first .) (include "coolkit.plain" $value))) -}}
{{- else if or (lt (int64 $milliseconds) (index . 1 | int64)) (gt (int64 $milliseconds) (index . 2 | int64)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is %s: it must be from %s" (first .) (include "coolkit.plain" $value) (last .))) -}}
{{- end -}}
{{- end -}}
{{- $monitoring := .root.Values.monitoring -}}
{{- if gt (include "coolkit.milliseconds" $monitoring.scrapeTimeout | int64) (include "coolkit.milliseconds" $monitoring.interval | int64) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "monitoring.scrapeTimeout (%s) is longer than monitoring.interval (%s): Prometheus refuses that" $monitoring.scrapeTimeout $monitoring.interval)) -}}
{{- end -}}
{{- $drain := include "coolkit.milliseconds" (include "coolkit.plain" .root.Values.config.drainTimeout) | int64 -}}
{{- $grace := mul 1000 (int64 .root.Values.terminationGracePeriodSeconds) -}}
{{- $needed := add $drain (mul 1000 (add (int64 .root.Values.preStopSeconds) 5)) -}}
{{- if gt $needed $grace -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "config.drainTimeout (%s) does not fit in terminationGracePeriodSeconds (%d): preStopSeconds + drainTimeout + 5 s to end is %d s; pods would be killed with their cache; raise terminationGracePeriodSeconds or lower config.drainTimeout" (include "coolkit.plain" .root.Values.config.drainTimeout) (int64 .root.Values.terminationGracePeriodSeconds) (div (add $needed 999) 1000))) -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.quantities" -}}
{{- $found := . -}}
{{- range list "resources" "scaler.resources" "cloudSql.authProxy.resources" -}}
{{- $path := . -}}
{{- $resources := default dict (include "coolkit.value" (dict "root" $found.root "path" $path) | fromJson).value -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $name, $value := default dict (get $resources $kind) -}}
{{- $milli := include "coolkit.milli" $value -}}
{{- if not $milli -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s.%s.%s is \"%s\": it must be a quantity that is not negative, such as 500m, 2 or 1Gi" $path $kind $name (include "coolkit.plain" $value))) -}}
{{- else if eq $kind "requests" -}}
{{- $limit := get (default dict (get $resources "limits")) $name -}}
{{- if and $limit (include "coolkit.milli" $limit) (gt (float64 $milli) (include "coolkit.milli" $limit | float64)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s.requests.%s (%v) is above %s.limits.%s (%v): Kubernetes refuses that; raise the limit or lower the request" $path $name $value $path $name $limit)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list (list "config.maxValueBytes" 1 8388608 "1B to 8MiB") (list "config.cacheBytes" 1048576 17592186044416 "1MiB to 16TiB") -}}
{{- $value := (include "coolkit.value" (dict "root" $found.root "path" (first .)) | fromJson).value -}}
{{- $bytes := include "coolkit.bytes" $value -}}
{{- if and (eq (include "coolkit.plain" $value) "") (eq (first .) "config.cacheBytes") -}}
{{- else if not $bytes -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is \"%s\": it must be a size such as 512KiB or 2GiB" (first .) (include "coolkit.plain" $value))) -}}
{{- else if or (lt (int64 $bytes) (index . 1 | int64)) (gt (int64 $bytes) (index . 2 | int64)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is %s: it must be from %s" (first .) (include "coolkit.plain" $value) (last .))) -}}
{{- end -}}
{{- end -}}
{{- $limit := (default dict (default dict .root.Values.resources).limits).memory -}}
{{- $cache := include "coolkit.bytes" .root.Values.config.cacheBytes -}}
{{- if and $limit $cache -}}
{{- if gt (mulf (float64 $cache) 1250.0) (include "coolkit.milli" $limit | float64) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "config.cacheBytes (%s) takes more than 80 %% of resources.limits.memory (%v): pods would be killed for their memory; raise the limit or lower config.cacheBytes" (include "coolkit.plain" .root.Values.config.cacheBytes) $limit)) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .root.Values.capacity -}}
{{- if not (include "coolkit.milli" $value) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "capacity.%s is \"%v\": it must be a quantity such as 200 or 400Gi" $name $value)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.replicas" -}}
{{- $keda := .root.Values.keda -}}
{{- if gt (int $keda.minReplicas) (int $keda.maxReplicas) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "keda.minReplicas (%d) is above keda.maxReplicas (%d): lower the one or raise the other" (int $keda.minReplicas) (int $keda.maxReplicas))) -}}
{{- end -}}
{{- end }}

{{- /* {found, path}: 0 % to 100 % or a number of pods; gives whether it is one. */ -}}
{{- define "coolkit.validate.percentage" -}}
{{- $value := (include "coolkit.value" (dict "root" .found.root "path" .path) | fromJson).value -}}
{{- $text := include "coolkit.plain" $value -}}
{{- if and (regexMatch "^[0-9]{1,4}%$" $text) (gt (trimSuffix "%" $text | int) 100) -}}
{{- include "coolkit.refuse" (dict "found" .found "text" (printf "%s is %s: a percentage is from 0%% to 100%%" .path $text)) -}}
{{- else if not (regexMatch "^[0-9]{1,6}%?$" $text) -}}
{{- include "coolkit.refuse" (dict "found" .found "text" (printf "%s is \"%s\": it must be a percentage from 0%% to 100%%, such as 10%%, or a number of pods" .path $text)) -}}
{{- else -}}yes{{- end -}}
{{- end }}

{{- define "coolkit.validate.rollout" -}}
{{- $rollout := .root.Values.rollout -}}
{{- $unavailable := include "coolkit.validate.percentage" (dict "found" . "path" "rollout.maxUnavailable") -}}
{{- $surge := include "coolkit.validate.percentage" (dict "found" . "path" "rollout.maxSurge") -}}
{{- if and $unavailable $surge -}}
{{- if and (eq (trimSuffix "%" (include "coolkit.plain" $rollout.maxUnavailable) | int) 0) (eq (trimSuffix "%" (include "coolkit.plain" $rollout.maxSurge) | int) 0) -}}
{{- include "coolkit.refuse" (dict "found" . "text" "rollout.maxUnavailable and rollout.maxSurge are both 0: no pod could ever be replaced; raise one of them") -}}
{{- end -}}
{{- end -}}
{{- if le (int $rollout.progressDeadlineSeconds) (int $rollout.minReadySeconds) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "rollout.progressDeadlineSeconds (%d) must be above rollout.minReadySeconds (%d): Kubernetes refuses that" (int $rollout.progressDeadlineSeconds) (int $rollout.minReadySeconds))) -}}
{{- end -}}
{{- end }}

{{- /* Of the fewest pods that there may be: does the budget leave one to evict, and does a rollout
       alone break it? */ -}}
{{- define "coolkit.validate.disruption" -}}
{{- $budget := .root.Values.podDisruptionBudget -}}
{{- $scratch := dict "root" .root "texts" list -}}
{{- if and $budget.enabled (include "coolkit.validate.percentage" (dict "found" . "path" "podDisruptionBudget.minAvailable")) -}}
{{- $key := ternary "keda.minReplicas" "replicas" .root.Values.keda.enabled -}}
{{- $pods := include "coolkit.minReplicas" .root | int -}}
{{- $needed := include "coolkit.share" (dict "of" $pods "value" $budget.minAvailable "up" true) | int -}}
{{- $text := include "coolkit.plain" $budget.minAvailable -}}
{{- if ge $needed $pods -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "podDisruptionBudget.minAvailable (%s) asks for %d of the %d pods of %s, so that no pod may be evicted and node upgrades block; lower it, raise %s, or set podDisruptionBudget.enabled to false" $text $needed $pods $key $key)) -}}
{{- else if include "coolkit.validate.percentage" (dict "found" $scratch "path" "rollout.maxUnavailable") -}}
{{- $missing := include "coolkit.share" (dict "of" $pods "value" .root.Values.rollout.maxUnavailable "up" false) | int -}}
{{- if lt (sub $pods $missing) $needed -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "rollout.maxUnavailable (%s) leaves %d of %d pods during a rollout, and podDisruptionBudget.minAvailable (%s) asks for %d: node upgrades would block until it ends; lower one of them" (include "coolkit.plain" .root.Values.rollout.maxUnavailable) (sub $pods $missing) $pods $text $needed)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.keda" -}}
{{- $keda := .root.Values.keda -}}
{{- $found := . -}}
{{- if $keda.enabled -}}
{{- $given := include "coolkit.plain" $keda.targetValue -}}
{{- if and $given (or (not (regexMatch "^[0-9]+([.][0-9]+)?$" $given)) (not (regexMatch "[1-9]" $given))) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "keda.targetValue is \"%s\": it must be a number above 0" $given)) -}}
{{- end -}}
{{- if and (not $given) (eq $keda.mode "load") (eq (toString .root.Values.scaler.perPodTarget) "auto") -}}
{{- include "coolkit.refuse" (dict "found" . "text" "keda.mode is load and scaler.perPodTarget is auto: the target is not known; set keda.targetValue, or keda.mode to desiredReplicas") -}}
{{- end -}}
{{- with include "coolkit.plain" $keda.tolerance -}}
{{- if not (regexMatch "^0([.][0-9]+)?$" .) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "keda.tolerance is \"%s\": it must be a number from 0 to below 1, or empty" .)) -}}
{{- else if gt (float64 .) 0.5 -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "keda.tolerance is %s: the scaler allows 0 to 0.5" .)) -}}
{{- end -}}
{{- end -}}
{{- if $keda.fallback.enabled -}}
{{- $replicas := include "coolkit.fallbackReplicas" .root -}}
{{- if or (not (regexMatch "^[0-9]+$" $replicas)) (lt (int $replicas) (int $keda.minReplicas)) (gt (int $replicas) (int $keda.maxReplicas)) -}}
{{- if le (int $keda.minReplicas) (int $keda.maxReplicas) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "keda.fallback.replicas is %s: it must be from keda.minReplicas (%d) to keda.maxReplicas (%d)" $replicas (int $keda.minReplicas) (int $keda.maxReplicas))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^https?://[^/ ]+/[^ ]*$" (tpl $keda.url .root)) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "keda.url is \"%s\": it must be http://HOST/estimate/WORKLOAD" (tpl $keda.url .root))) -}}
{{- end -}}
{{- end -}}
{{- $target := include "coolkit.plain" .root.Values.scaler.perPodTarget -}}
{{- if not (or (eq $target "auto") (and (regexMatch "^[0-9]+([.][0-9]+)?$" $target) (regexMatch "[1-9]" $target))) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "scaler.perPodTarget is \"%s\": it must be auto or a number above 0" $target)) -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.database" -}}
{{- $database := .root.Values.database -}}
{{- if regexMatch "^[0-9]{1,6}%?$" (include "coolkit.plain" .root.Values.rollout.maxSurge) -}}
{{- $peak := include "coolkit.peakPods" .root | int -}}
{{- $key := ternary "keda.maxReplicas" "replicas" .root.Values.keda.enabled -}}
{{- if gt (add $peak (int $database.reserve)) (int64 $database.connections) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "database.connections (%d) is too few: %d pods of %s and a rollout's surge need one connection each (%d), and database.reserve keeps %d free; raise database.connections (and the server's max_connections) or lower %s" (int $database.connections) (include "coolkit.maxReplicas" .root | int) $key $peak (int $database.reserve) $key)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.environment" -}}
{{- $found := . -}}
{{- $values := .root.Values -}}
{{- $seen := dict -}}
{{- range include "coolkit.env" .root | fromYamlArray -}}{{- $_ := set $seen .name "the chart" -}}{{- end -}}
{{- range $name, $key := dict "COOLKIT_CACHE_BYTES" "config.cacheBytes" "COOLKIT_THREADS" "config.threads" -}}{{- $_ := set $seen $name "the chart" -}}{{- end -}}
{{- range $where, $list := dict "database.env" $values.database.env "extraEnv" $values.extraEnv -}}
{{- range $list -}}
{{- if not .name -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s has an entry without a name: %s" $where (toJson .))) -}}
{{- else if eq (get $seen .name) "the chart" -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s has %s, which the chart sets: use the value for it (config, database, clusterDomain) instead" $where .name)) -}}
{{- else if hasKey $seen .name -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s has %s, which %s has already: name it once" $where .name (get $seen .name))) -}}
{{- else -}}
{{- $_ := set $seen .name $where -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $values.extraArgs -}}
{{- $flag := regexFind "^--[a-z-]+" . -}}
{{- if and $flag (eq (get $seen (printf "COOLKIT_%s" (trimPrefix "--" $flag | replace "-" "_" | upper))) "the chart") -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "extraArgs has %s, which the chart sets: use the value for it (config, database, clusterDomain) instead" $flag)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "coolkit.validate.others" -}}
{{- $found := . -}}
{{- $values := .root.Values -}}
{{- $proxy := $values.cloudSql.authProxy -}}
{{- if and $proxy.enabled (not (regexMatch "^([a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$" $proxy.instance)) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "cloudSql.authProxy.instance is \"%s\": it must be project:region:instance" $proxy.instance)) -}}
{{- end -}}
{{- range $key, $account := dict "serviceAccount.workloadIdentity" $values.serviceAccount.workloadIdentity "migration.workloadIdentity" $values.migration.workloadIdentity -}}
{{- if and $account (not (regexMatch "^[a-z0-9-]+@[a-z0-9.-]+[.]gserviceaccount[.]com$" $account)) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "%s is \"%s\": it must be NAME@PROJECT.iam.gserviceaccount.com" $key $account)) -}}
{{- end -}}
{{- end -}}
{{- range $probe := list "startup" "liveness" "readiness" -}}
{{- $path := default "" (get $values.probes $probe).path -}}
{{- if not (or (hasPrefix "/" $path) (and (eq $probe "readiness") (not $path))) -}}
{{- include "coolkit.refuse" (dict "found" $found "text" (printf "probes.%s.path is \"%s\": it must be a path of port 2345, such as /healthz/process" $probe $path)) -}}
{{- end -}}
{{- end -}}
{{- if not (regexMatch "^([0-9.]+|[[][0-9a-fA-F:]+[]])$" $values.config.bindAddress) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "config.bindAddress is \"%s\": it must be 0.0.0.0, [::] or another address" $values.config.bindAddress)) -}}
{{- end -}}
{{- if eq (int $values.service.port) (int $values.service.opsPort) -}}
{{- include "coolkit.refuse" (dict "found" . "text" (printf "service.port and service.opsPort are both %d: a Service has a port once" (int $values.service.port))) -}}
{{- end -}}
{{- end }}
