{{- /* Names, labels, and what is put together from several values. */ -}}

{{- define "coolkit.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "coolkit.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- /* What never changes in the life of a release. */ -}}
{{- define "coolkit.selector" -}}
app.kubernetes.io/name: {{ include "coolkit.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "coolkit.labels" -}}
{{- $root := .root -}}
{{ include "coolkit.selector" . }}
app.kubernetes.io/version: {{ include "coolkit.version" $root | quote }}
app.kubernetes.io/part-of: {{ include "coolkit.name" $root }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Without the chart's version: pods must not be replaced because it changed. */ -}}
{{- define "coolkit.podLabels" -}}
{{ include "coolkit.selector" . }}
app.kubernetes.io/version: {{ include "coolkit.version" .root | quote }}
{{- with merge dict (default dict .labels) (default dict .root.Values.commonLabels) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The metadata of an object: {root, component, name?, labels?, annotations?}. */ -}}
{{- define "coolkit.metadata" -}}
name: {{ default (include "coolkit.fullname" .root) .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "coolkit.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge dict (default dict .annotations) (default dict .root.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The tag as it was written: --set makes a number of digits, which prints as it was. */ -}}
{{- define "coolkit.tag" -}}
{{- if not (kindIs "invalid" .Values.image.tag) -}}{{- .Values.image.tag | toString -}}{{- end -}}
{{- end }}

{{- define "coolkit.version" -}}
{{- $tag := include "coolkit.tag" . -}}
{{- if $tag -}}{{- $tag | trunc 63 -}}
{{- else -}}{{- trimPrefix "sha256:" .Values.image.digest | trunc 12 -}}{{- end -}}
{{- end }}

{{- define "coolkit.image" -}}
{{- .Values.image.repository -}}
{{- with include "coolkit.tag" . }}:{{ . }}{{ end -}}
{{- with .Values.image.digest }}@{{ . }}{{ end -}}
{{- end }}

{{- define "coolkit.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "coolkit.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "coolkit.headless" -}}
{{- include "coolkit.fullname" . }}-headless
{{- end }}

{{- define "coolkit.headlessHost" -}}
{{- include "coolkit.headless" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end }}

{{- define "coolkit.ring" -}}
{{- default (printf "%s/%s" .Release.Namespace (include "coolkit.fullname" .)) .Values.config.ring -}}
{{- end }}

{{- define "coolkit.scalerUrl" -}}
http://{{ .Values.scaler.service.name }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- with .Values.scaler.service.port }}{{ if ne (int .) 80 }}:{{ . }}{{ end }}{{ end -}}
/estimate/{{ .Values.scaler.workload }}
{{- end }}

{{- /* Liveness must not look at the database; readiness does where nothing is served without it. */ -}}
{{- define "coolkit.readinessPath" -}}
{{- if .Values.probes.readiness.path -}}{{- .Values.probes.readiness.path -}}
{{- else if eq (include "coolkit.milliseconds" .Values.config.staleWhileDatabaseDown) "0" -}}/healthz
{{- else -}}/healthz?exclude=database{{- end -}}
{{- end }}

{{- /* Most pods that there are at once, a rollout's surge included. */ -}}
{{- define "coolkit.peakPods" -}}
{{- $max := include "coolkit.maxReplicas" . | int -}}
{{- add $max (include "coolkit.share" (dict "of" $max "value" .Values.rollout.maxSurge "up" true)) -}}
{{- end }}

{{- define "coolkit.minReplicas" -}}
{{- ternary .Values.keda.minReplicas .Values.replicas .Values.keda.enabled | int -}}
{{- end }}

{{- define "coolkit.maxReplicas" -}}
{{- ternary .Values.keda.maxReplicas .Values.replicas .Values.keda.enabled | int -}}
{{- end }}

{{- define "coolkit.valueLocation" -}}
{{- default (ternary "load" "desired_replicas" (eq .Values.keda.mode "load")) .Values.keda.valueLocation -}}
{{- end }}

{{- define "coolkit.targetValue" -}}
{{- $given := include "coolkit.plain" .Values.keda.targetValue -}}
{{- if $given -}}{{- $given -}}
{{- else if eq .Values.keda.mode "load" -}}{{- include "coolkit.plain" .Values.scaler.perPodTarget -}}
{{- else -}}1{{- end -}}
{{- end }}

{{- define "coolkit.fallbackReplicas" -}}
{{- $given := include "coolkit.plain" .Values.keda.fallback.replicas -}}
{{- if $given -}}{{- $given -}}
{{- else -}}{{- min (mul 3 (int .Values.keda.minReplicas)) (int .Values.keda.maxReplicas) -}}{{- end -}}
{{- end }}

{{- /* podMonitor, serviceMonitor, podMonitoring or none. Where Helm does not know what the cluster
       has (helm template: no kinds are known) it is podMonitor. */ -}}
{{- define "coolkit.collector" -}}
{{- if ne .Values.monitoring.collector "auto" -}}{{- .Values.monitoring.collector -}}
{{- else if or (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1/PodMonitor") -}}podMonitor
{{- else if or (.Capabilities.APIVersions.Has "monitoring.googleapis.com/v1") (.Capabilities.APIVersions.Has "monitoring.googleapis.com/v1/PodMonitoring") -}}podMonitoring
{{- else if .Capabilities.APIVersions.Has "v1/Pod" -}}none
{{- else -}}podMonitor{{- end -}}
{{- end }}
