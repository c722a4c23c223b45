{{- define "gateway.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: partner-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "gateway.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The programs that run, one to a line. */}}
{{- define "gateway.components" -}}
server worker{{ if .Values.sftp.enabled }} sftp{{ end }}
{{- end -}}

{{- define "gateway.claim" -}}
{{- .Values.checkpoints.existingClaim | default (printf "%s-checkpoints" (include "gateway.name" .)) -}}
{{- end -}}

{{/* What all programs have alike: the pod around one container. */}}
{{- define "gateway.pod" -}}
{{- $values := .root.Values -}}
automountServiceAccountToken: false
{{/* Else a service called `gateway` puts GATEWAY_SERVICE_HOST into the environment, which is no setting: no start. */ -}}
enableServiceLinks: false
{{- with $values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "gateway.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
volumes:
  - name: state
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  - name: keys
    secret:
      secretName: {{ $values.secrets.keys.existingSecret }}
      defaultMode: 288   # 0440; the gateway refuses key files that are open to others
  {{- with $values.secrets.partnerKeys.existingSecret }}
  - name: partner-keys
    secret:
      secretName: {{ . }}
      defaultMode: 288
  {{- end }}
  {{- with $values.files.policies }}
  - name: policies
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.files.candidate }}
  - name: candidate
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.files.signers }}
  - name: signers
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.files.partners }}
  - name: partners
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "gateway.container" -}}
{{- $values := .root.Values -}}
image: {{ include "gateway.image" .root | quote }}
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
envFrom:
  - configMapRef:
      name: {{ include "gateway.name" .root }}
  {{- if ne .component "server" }}
  - configMapRef:
      name: {{ include "gateway.name" .root }}-{{ .component }}
  {{- end }}
env:
  - name: GATEWAY_DATABASE_URL
    valueFrom:
      secretKeyRef:
        name: {{ $values.secrets.database.existingSecret }}
        key: {{ $values.secrets.database.key }}
  - name: GATEWAY_COUNTERS_URL
    valueFrom:
      secretKeyRef:
        name: {{ $values.secrets.counters.existingSecret }}
        key: {{ $values.secrets.counters.key }}
{{- end -}}

{{- define "gateway.mounts" -}}
{{- $values := .root.Values -}}
- name: state
  mountPath: /var/lib/partner-gateway
- name: tmp
  mountPath: /tmp
- name: keys
  mountPath: /etc/partner-gateway/keys
  readOnly: true
{{- if $values.secrets.partnerKeys.existingSecret }}
- name: partner-keys
  mountPath: /etc/partner-gateway/partner-keys
  readOnly: true
{{- end }}
{{- if $values.files.policies }}
- name: policies
  mountPath: /etc/partner-gateway/policies
  readOnly: true
{{- end }}
{{- if $values.files.candidate }}
- name: candidate
  mountPath: /etc/partner-gateway/candidate
  readOnly: true
{{- end }}
{{- if $values.files.signers }}
- name: signers
  mountPath: /etc/partner-gateway/signers
  readOnly: true
{{- end }}
{{- if $values.files.partners }}
- name: partners
  mountPath: /etc/partner-gateway/partners
  readOnly: true
{{- end }}
{{- end -}}
