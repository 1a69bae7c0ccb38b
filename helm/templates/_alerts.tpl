{{- /* The rule groups of files/alerts.yaml with their placeholders replaced, without the alerts that
       are switched off. */ -}}
{{- define "coolkit.ruleGroups" -}}
{{- $text := .Files.Get "files/alerts.yaml" -}}
{{- $fullname := include "coolkit.fullname" . -}}
{{- range $name, $value := .Values.alerts.thresholds -}}
{{- $place := printf "[[%s]]" $name -}}
{{- if and $text (not (contains $place $text)) -}}
{{- fail (printf "\n\ncoolkit: alerts.thresholds.%s is not a threshold of any rule; see the keys of alerts.thresholds in values.yaml" $name) -}}
{{- end -}}
{{- $text = replace $place (include "coolkit.plain" $value) $text -}}
{{- end -}}
{{- $places := dict
      "namespace" .Release.Namespace
      "fullname" $fullname
      "hpa" (printf "keda-hpa-%s" $fullname)
      "job" $fullname
      "workload" .Values.scaler.workload
      "minReplicas" (include "coolkit.minReplicas" .)
      "maxReplicas" (include "coolkit.maxReplicas" .)
      "targetValue" (include "coolkit.targetValue" .)
      "databaseConnections" (.Values.database.connections | int | toString)
      "maxStalenessSeconds" (divf (include "coolkit.milliseconds" .Values.config.maxStaleness | float64) 1000.0 | toString)
      "drainTimeoutSeconds" (divf (include "coolkit.milliseconds" .Values.config.drainTimeout | float64) 1000.0 | toString)
      "runbookUrl" (trimSuffix "/" .Values.alerts.runbookUrl)
      "dashboardUrl" (trimSuffix "/" (default "" .Values.alerts.dashboardUrl)) -}}
{{- range $name, $value := $places -}}
{{- $text = replace (printf "[[%s]]" $name) $value $text -}}
{{- end -}}
{{- with regexFind "\\[\\[[A-Za-z0-9]+\\]\\]" $text -}}
{{- fail (printf "files/alerts.yaml: nothing replaces %s" .) -}}
{{- end -}}
{{- $groups := list -}}
{{- range (fromYaml $text).groups -}}
{{- $group := . -}}
{{- $rules := list -}}
{{- range .rules -}}
{{- if not (has .alert (default list $.Values.alerts.disabled)) -}}
{{- if .alert -}}
{{- $_ := set . "labels" (merge dict (default dict $.Values.alerts.labels) (default dict .labels)) -}}
{{- end -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- end -}}
{{- if $rules -}}
{{- $group = set $group "rules" $rules -}}
{{- if not $group.interval -}}{{- $group = set $group "interval" "30s" -}}{{- end -}}
{{- $groups = append $groups $group -}}
{{- end -}}
{{- end -}}
{{- dict "groups" $groups | toYaml -}}
{{- end }}
