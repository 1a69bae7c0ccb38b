{{- /* Parts of pods. */ -}}

{{- /* Sources of the connection: {root, database}. */ -}}
{{- define "coolkit.databaseEnvFrom" -}}
{{- if .database.envFrom -}}
{{- toYaml .database.envFrom -}}
{{- else if not .database.env -}}
- secretRef:
    name: {{ include "coolkit.fullname" .root }}-database
{{- end -}}
{{- end }}

{{- /* Event loops: coolkit reads a CPU limit itself; without one it would take all of the node. */ -}}
{{- define "coolkit.threads" -}}
{{- $requests := default dict (default dict .Values.resources).requests -}}
{{- $limits := default dict (default dict .Values.resources).limits -}}
{{- if include "coolkit.plain" .Values.config.threads -}}
{{- include "coolkit.plain" .Values.config.threads -}}
{{- else if and $requests.cpu (not $limits.cpu) -}}
{{- max 1 (min 64 (div (add (mul 2 (include "coolkit.milli" $requests.cpu | int64)) 999) 1000)) -}}
{{- end -}}
{{- end }}

{{- define "coolkit.env" -}}
{{- $config := .Values.config -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: COOLKIT_LISTEN
  value: {{ printf "%s:8080" $config.bindAddress | quote }}
- name: COOLKIT_OPS_LISTEN
  value: {{ printf "%s:2345" $config.bindAddress | quote }}
- name: COOLKIT_PEERS
  value: {{ printf "dns:%s" (include "coolkit.headlessHost" .) | quote }}
- name: COOLKIT_RING
  value: {{ include "coolkit.ring" . | quote }}
- name: COOLKIT_DATABASE_CONNECTIONS
  value: {{ .Values.database.connections | int | quote }}
- name: COOLKIT_DATABASE_CONNECTIONS_PER_POD
  value: {{ .Values.database.connectionsPerPod | int | quote }}
- name: COOLKIT_DATABASE_START_TIMEOUT
  value: {{ .Values.database.startTimeout | quote }}
- name: COOLKIT_MAX_STALENESS
  value: {{ $config.maxStaleness | quote }}
- name: COOLKIT_STALE_WHILE_DATABASE_DOWN
  value: {{ include "coolkit.plain" $config.staleWhileDatabaseDown | quote }}
- name: COOLKIT_MAX_VALUE_BYTES
  value: {{ include "coolkit.plain" $config.maxValueBytes | quote }}
{{- with include "coolkit.plain" $config.cacheBytes }}
- name: COOLKIT_CACHE_BYTES
  value: {{ . | quote }}
{{- end }}
{{- with include "coolkit.threads" . }}
- name: COOLKIT_THREADS
  value: {{ . | quote }}
{{- end }}
- name: COOLKIT_DRAIN_TIMEOUT
  value: {{ include "coolkit.plain" $config.drainTimeout | quote }}
- name: COOLKIT_LOG_FORMAT
  value: {{ $config.logFormat | quote }}
- name: COOLKIT_LOG_LEVEL
  value: {{ $config.logLevel | quote }}
{{- end }}

{{- /* {root, component}: with pods of the same release only, and with those of one ReplicaSet. */ -}}
{{- define "coolkit.spread" -}}
{{- $selector := include "coolkit.selector" . | fromYaml -}}
{{- $constraints := list -}}
{{- range .root.Values.topologySpreadConstraints -}}
{{- $filled := dict "labelSelector" (dict "matchLabels" $selector) "matchLabelKeys" (list "pod-template-hash") -}}
{{- $constraints = append $constraints (merge (deepCopy .) $filled) -}}
{{- end -}}
{{- with $constraints }}{{ toYaml . }}{{ end -}}
{{- end }}

{{- /* What all pods of the chart have in their spec. */ -}}
{{- define "coolkit.podDefaults" -}}
automountServiceAccountToken: {{ default false .automountToken }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .root.Values.schedulerName }}
schedulerName: {{ . }}
{{- end }}
{{- end }}

{{- /* A native sidecar: it starts before coolkit and stops after it, also in Jobs. */ -}}
{{- define "coolkit.authProxy" -}}
{{- $proxy := .Values.cloudSql.authProxy -}}
{{- if $proxy.enabled -}}
- name: cloud-sql-proxy
  image: {{ printf "%s:%s" $proxy.image.repository $proxy.image.tag | quote }}
  imagePullPolicy: IfNotPresent
  restartPolicy: Always
  args:
    - --structured-logs
    - --address=127.0.0.1
    - --port={{ int $proxy.port }}
    - --health-check
    - --http-address=0.0.0.0
    - --http-port=9801
    - --exit-zero-on-sigterm
    - --max-sigterm-delay={{ div (include "coolkit.milliseconds" .Values.config.drainTimeout | int64) 1000 }}s
    {{- if $proxy.autoIamAuthn }}
    - --auto-iam-authn
    {{- end }}
    {{- if $proxy.privateIp }}
    - --private-ip
    {{- end }}
    {{- range $proxy.extraArgs }}
    - {{ . | quote }}
    {{- end }}
    - {{ $proxy.instance | quote }}
  startupProbe:
    httpGet:
      path: /startup
      port: 9801
    periodSeconds: 1
    timeoutSeconds: 5
    failureThreshold: 60
  livenessProbe:
    httpGet:
      path: /liveness
      port: 9801
    periodSeconds: 60
    timeoutSeconds: 10
    failureThreshold: 5
  {{- with $proxy.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end }}

{{- /* {path, probe}: a probe of port 2345. */ -}}
{{- define "coolkit.probe" -}}
httpGet:
  path: {{ .path | quote }}
  port: ops
periodSeconds: {{ int .probe.periodSeconds }}
timeoutSeconds: {{ int .probe.timeoutSeconds }}
failureThreshold: {{ int .probe.failureThreshold }}
{{- end }}
