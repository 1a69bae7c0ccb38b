package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// portNumber resolves a port that may be a name of one of the container's ports.
func portNumber(spec *core.Container, port intstr.IntOrString) int {
	if port.Type == intstr.Int {
		return port.IntValue()
	}
	for _, offered := range spec.Ports {
		if offered.Name == port.StrVal {
			return int(offered.ContainerPort)
		}
	}
	number, _ := strconv.Atoi(port.StrVal)
	return number
}

// perform runs one handler of a probe or a hook; an error is a failure.
func (c *container) perform(ctx context.Context, get *core.HTTPGetAction,
	tcp *core.TCPSocketAction, command *core.ExecAction) error {
	switch {
	case get != nil:
		host := get.Host
		if host == "" {
			host = c.pod.address
		}
		url := fmt.Sprintf("%s://%s:%d/%s", strings.ToLower(string(orHTTP(get.Scheme))), host,
			portNumber(c.spec, get.Port), strings.TrimPrefix(get.Path, "/"))
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		request.Header.Set("User-Agent", "kube-probe/1.36")
		answer, err := probeClient.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode < 200 || answer.StatusCode >= 400 {
			return fmt.Errorf("%s: status %d", url, answer.StatusCode)
		}
		return nil
	case tcp != nil:
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "tcp",
			fmt.Sprintf("%s:%d", c.pod.address, portNumber(c.spec, tcp.Port)))
		if err == nil {
			_ = connection.Close()
		}
		return err
	case command != nil:
		arguments := append([]string{"-t", strconv.Itoa(c.pid()), "-a", "-r", "-w", "--"},
			command.Command...)
		output, err := exec.CommandContext(ctx, "nsenter", arguments...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	}
	return nil
}

// A real kubelet does not verify certificates of probes either.
var probeClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true,
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func orHTTP(scheme core.URIScheme) core.URIScheme {
	if scheme == "" {
		return core.URISchemeHTTP
	}
	return scheme
}

func orDefault(value, fallback int32) int {
	if value == 0 {
		return int(fallback)
	}
	return int(value)
}

// watch repeats one probe until ctx ends; `judge` hears of each change over the thresholds.
func (c *container) watch(ctx context.Context, probe *core.Probe, judge func(good bool, err error) bool) {
	if !pause(ctx, time.Duration(probe.InitialDelaySeconds)*time.Second) {
		return
	}
	period := time.Duration(orDefault(probe.PeriodSeconds, 10)) * time.Second
	timeout := time.Duration(orDefault(probe.TimeoutSeconds, 1)) * time.Second
	failures, successes := 0, 0
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, timeout)
		err := c.perform(attempt, probe.HTTPGet, probe.TCPSocket, probe.Exec)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			successes, failures = successes+1, 0
			if successes == orDefault(probe.SuccessThreshold, 1) && !judge(true, nil) {
				return
			}
		} else {
			failures, successes = failures+1, 0
			if failures == orDefault(probe.FailureThreshold, 3) && !judge(false, err) {
				return
			}
		}
		if !pause(ctx, period) {
			return
		}
	}
}

func pause(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
