{{- /* Durations, sizes, quantities and percentages as numbers. Each gives nothing for what it can't
       read. */ -}}

{{- /* 250ms, 90s, 5m, 24h, 7d or 0: milliseconds. */ -}}
{{- define "coolkit.milliseconds" -}}
{{- $text := include "coolkit.plain" . -}}
{{- if eq $text "0" -}}0
{{- else if regexMatch "^[0-9]{1,12}(ms|s|m|h|d)$" $text -}}
{{- $unit := regexFind "[a-z]+$" $text -}}
{{- $factor := get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000) $unit -}}
{{- mul (regexFind "^[0-9]+" $text | int64) $factor -}}
{{- end -}}
{{- end }}

{{- /* 1048576, 512KiB, 64MiB, 2GiB or 1TiB: bytes. */ -}}
{{- define "coolkit.bytes" -}}
{{- $text := include "coolkit.plain" . -}}
{{- if regexMatch "^[0-9]{1,15}((B|KiB|MiB|GiB|TiB)?)$" $text -}}
{{- $unit := default "B" (regexFind "[A-Za-z]+$" $text) -}}
{{- $power := get (dict "B" 1 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 "TiB" 1099511627776) $unit -}}
{{- mul (regexFind "^[0-9]+" $text | int64) $power -}}
{{- end -}}
{{- end }}

{{- /* A number of a values file is a float64, which would print as 1.048576e+06. */ -}}
{{- define "coolkit.plain" -}}
{{- if kindIs "invalid" . -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}{{- printf "%.0f" . -}}
{{- else -}}{{- . | toString -}}{{- end -}}
{{- end }}

{{- /* A quantity of Kubernetes (500m, 2, 1.5, 1Gi, 500M, 1e3): thousandths, rounded up. */ -}}
{{- define "coolkit.milli" -}}
{{- $text := include "coolkit.plain" . -}}
{{- if regexMatch "^[0-9]+([.][0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|e[0-9]{1,2})?$" $text -}}
{{- $suffix := regexFind "[a-zA-Z].*$" $text -}}
{{- $number := regexFind "^[0-9.]+" $text | float64 -}}
{{- $factor := 1000.0 -}}
{{- if hasPrefix "e" $suffix -}}
{{- range until (trimPrefix "e" $suffix | int) }}{{- $factor = mulf $factor 10.0 -}}{{- end -}}
{{- else if $suffix -}}
{{- $factor = get (dict "m" 1.0 "k" 1e6 "M" 1e9 "G" 1e12 "T" 1e15 "P" 1e18 "Ki" 1024e3 "Mi" 1048576e3 "Gi" 1073741824e3 "Ti" 1099511627776e3 "Pi" 1125899906842624e3) $suffix -}}
{{- end -}}
{{- printf "%.0f" (ceil (mulf $number $factor)) -}}
{{- end -}}
{{- end }}

{{- /* {of, value, up}: what a percentage or a number of pods comes to, as Kubernetes rounds. */ -}}
{{- define "coolkit.share" -}}
{{- $text := include "coolkit.plain" .value -}}
{{- if hasSuffix "%" $text -}}
{{- $hundredths := mul (int .of) (trimSuffix "%" $text | int) -}}
{{- div (add $hundredths (ternary 99 0 .up)) 100 -}}
{{- else -}}{{- int $text -}}{{- end -}}
{{- end }}
