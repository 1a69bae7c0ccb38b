package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

var reference = regexp.MustCompile(`\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`)

// expand replaces $(NAME) as Kubernetes does; $$ stands for one dollar, the unknown stays.
func expand(text string, values map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$$" {
			return "$"
		}
		if value, known := values[match[2:len(match)-1]]; known {
			return value
		}
		return match
	})
}

// field is the value that a fieldRef names.
func field(pod *core.Pod, address, path string) (string, error) {
	if name, found := strings.CutPrefix(path, "metadata.labels['"); found {
		return pod.Labels[strings.TrimSuffix(name, "']")], nil
	}
	if name, found := strings.CutPrefix(path, "metadata.annotations['"); found {
		return pod.Annotations[strings.TrimSuffix(name, "']")], nil
	}
	values := map[string]string{
		"metadata.name": pod.Name, "metadata.namespace": pod.Namespace,
		"metadata.uid": string(pod.UID), "spec.nodeName": pod.Spec.NodeName,
		"spec.serviceAccountName": pod.Spec.ServiceAccountName, "status.podIP": address,
		"status.podIPs": address, "status.hostIP": "10.77.0.1",
	}
	value, known := values[path]
	if !known {
		return "", fmt.Errorf("fieldRef %s is not known", path)
	}
	return value, nil
}

func resourceField(container *core.Container, source *core.ResourceFieldSelector) (string, error) {
	kind, name, _ := strings.Cut(source.Resource, ".")
	list := container.Resources.Requests
	if kind == "limits" {
		list = container.Resources.Limits
	}
	quantity, found := list[core.ResourceName(name)]
	if !found {
		return "", fmt.Errorf("%s is not set", source.Resource)
	}
	divisor := source.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	parts := (quantity.MilliValue() + divisor.MilliValue() - 1) / divisor.MilliValue()
	return strconv.FormatInt(parts, 10), nil
}

func secretText(ctx context.Context, client kubernetes.Interface, namespace, name string,
	optional *bool) (map[string]string, error) {
	secret, err := client.CoreV1().Secrets(namespace).Get(ctx, name, meta.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	result := map[string]string{}
	for key, value := range secret.Data {
		result[key] = string(value)
	}
	return result, nil
}

func configText(ctx context.Context, client kubernetes.Interface, namespace, name string,
	optional *bool) (map[string]string, error) {
	config, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, name, meta.GetOptions{})
	if errors.IsNotFound(err) && optional != nil && *optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return config.Data, nil
}

// environment resolves envFrom and env of a container, in Kubernetes' order.
func environment(ctx context.Context, client kubernetes.Interface, pod *core.Pod,
	container *core.Container, address string) (map[string]string, error) {
	values := map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1",
		"KUBERNETES_SERVICE_PORT": "443", "HOSTNAME": pod.Name,
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, source := range container.EnvFrom {
		var found map[string]string
		var err error
		if from := source.SecretRef; from != nil {
			found, err = secretText(ctx, client, pod.Namespace, from.Name, from.Optional)
		} else if from := source.ConfigMapRef; from != nil {
			found, err = configText(ctx, client, pod.Namespace, from.Name, from.Optional)
		}
		if err != nil {
			return nil, err
		}
		for key, value := range found {
			values[source.Prefix+key] = value
		}
	}
	for _, variable := range container.Env {
		value, err := resolve(ctx, client, pod, container, address, &variable, values)
		if err != nil {
			return nil, fmt.Errorf("env %s: %w", variable.Name, err)
		}
		values[variable.Name] = value
	}
	return values, nil
}

func resolve(ctx context.Context, client kubernetes.Interface, pod *core.Pod,
	container *core.Container, address string, variable *core.EnvVar,
	values map[string]string) (string, error) {
	source := variable.ValueFrom
	switch {
	case source == nil:
		return expand(variable.Value, values), nil
	case source.FieldRef != nil:
		return field(pod, address, source.FieldRef.FieldPath)
	case source.ResourceFieldRef != nil:
		return resourceField(container, source.ResourceFieldRef)
	case source.SecretKeyRef != nil:
		from := source.SecretKeyRef
		found, err := secretText(ctx, client, pod.Namespace, from.Name, from.Optional)
		return found[from.Key], err
	case source.ConfigMapKeyRef != nil:
		from := source.ConfigMapKeyRef
		found, err := configText(ctx, client, pod.Namespace, from.Name, from.Optional)
		return found[from.Key], err
	}
	return "", fmt.Errorf("its source is not known")
}

func writeFiles(folder string, files map[string]string, items []core.KeyToPath) error {
	names := map[string]string{}
	for key := range files {
		names[key] = key
	}
	if len(items) > 0 {
		names = map[string]string{}
		for _, item := range items {
			names[item.Key] = item.Path
		}
	}
	keys := make([]string, 0, len(names))
	for key := range names {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		path := filepath.Join(folder, names[key])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if old, err := os.ReadFile(path); err == nil && string(old) == files[key] {
			continue
		}
		if err := os.WriteFile(path+".new", []byte(files[key]), 0o644); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil { // readers see all of it or nothing
			return err
		}
	}
	return nil
}

// makeVolume fills the folder of one volume; an emptyDir stays empty.
func makeVolume(ctx context.Context, client kubernetes.Interface, pod *core.Pod, address string,
	volume *core.Volume, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		return err
	}
	switch {
	case volume.Secret != nil:
		found, err := secretText(ctx, client, pod.Namespace, volume.Secret.SecretName,
			volume.Secret.Optional)
		if err != nil {
			return err
		}
		return writeFiles(folder, found, volume.Secret.Items)
	case volume.ConfigMap != nil:
		found, err := configText(ctx, client, pod.Namespace, volume.ConfigMap.Name,
			volume.ConfigMap.Optional)
		if err != nil {
			return err
		}
		return writeFiles(folder, found, volume.ConfigMap.Items)
	case volume.Projected != nil:
		for _, source := range volume.Projected.Sources {
			if err := project(ctx, client, pod, address, &source, folder); err != nil {
				return err
			}
		}
	case volume.DownwardAPI != nil:
		files := map[string]string{}
		for _, item := range volume.DownwardAPI.Items {
			if item.FieldRef != nil {
				value, err := field(pod, address, item.FieldRef.FieldPath)
				if err != nil {
					return err
				}
				files[item.Path] = value
			}
		}
		return writeFiles(folder, files, nil)
	}
	return nil
}

func project(ctx context.Context, client kubernetes.Interface, pod *core.Pod, address string,
	source *core.VolumeProjection, folder string) error {
	switch {
	case source.ServiceAccountToken != nil:
		seconds := int64(3600)
		request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{
			ExpirationSeconds: &seconds}}
		if audience := source.ServiceAccountToken.Audience; audience != "" {
			request.Spec.Audiences = []string{audience}
		}
		token, err := client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx,
			pod.Spec.ServiceAccountName, request, meta.CreateOptions{})
		if err != nil {
			return err
		}
		return writeFiles(folder, map[string]string{
			source.ServiceAccountToken.Path: token.Status.Token}, nil)
	case source.ConfigMap != nil:
		found, err := configText(ctx, client, pod.Namespace, source.ConfigMap.Name,
			source.ConfigMap.Optional)
		if err != nil {
			return err
		}
		return writeFiles(folder, found, source.ConfigMap.Items)
	case source.Secret != nil:
		found, err := secretText(ctx, client, pod.Namespace, source.Secret.Name,
			source.Secret.Optional)
		if err != nil {
			return err
		}
		return writeFiles(folder, found, source.Secret.Items)
	case source.DownwardAPI != nil:
		return makeVolume(ctx, client, pod, address, &core.Volume{VolumeSource: core.VolumeSource{
			DownwardAPI: &core.DownwardAPIVolumeSource{Items: source.DownwardAPI.Items}}}, folder)
	}
	return nil
}
