package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

const (
	execProtocol = "v4.channel.k8s.io"
	streamsWait  = 30 * time.Second
)

// serveExec answers `kubectl exec`: a command in a container, with its output and exit status, and
// without input or a terminal.
func (k *kubelet) serveExec(answer http.ResponseWriter, request *http.Request) {
	container := k.container(request.PathValue("namespace")+"/"+request.PathValue("pod"),
		request.PathValue("container"))
	if container == nil || container.pid() == 0 {
		http.Error(answer, "no such container runs here", http.StatusNotFound)
		return
	}
	if _, err := httpstream.Handshake(request, answer, []string{execProtocol}); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	opened := make(chan httpstream.Stream, 4)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(answer, request,
		func(stream httpstream.Stream, replySent <-chan struct{}) error {
			go func() {
				<-replySent
				opened <- stream
			}()
			return nil
		})
	if connection == nil {
		return
	}
	defer connection.Close()
	query := request.URL.Query()
	streams := map[string]io.Writer{core.StreamTypeStdout: io.Discard, core.StreamTypeStderr: io.Discard}
	wanted := 1
	for _, name := range []string{core.ExecStdinParam, core.ExecStdoutParam, core.ExecStderrParam} {
		if query.Get(name) == "1" {
			wanted++
		}
	}
	for range wanted {
		select {
		case stream := <-opened:
			streams[stream.Headers().Get(core.StreamType)] = stream
		case <-time.After(streamsWait):
			return
		}
	}
	status := container.execute(request.Context(), query[core.ExecCommandParam],
		streams[core.StreamTypeStdout], streams[core.StreamTypeStderr])
	if last := streams[core.StreamTypeError]; last != nil {
		_ = json.NewEncoder(last).Encode(status)
	}
}

// execute runs a command beside the container's process, as its user and with its environment.
func (c *container) execute(ctx context.Context, command []string, output, problems io.Writer) meta.Status {
	image, err := c.pod.kubelet.image(c.spec.Image)
	if err != nil {
		return failure(err)
	}
	pid := c.pid()
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return failure(err)
	}
	user, group, _ := c.identity(image)
	arguments := []string{"-t", strconv.Itoa(pid), "-a", "-r", "-w", "-S", fmt.Sprint(user), "-G",
		fmt.Sprint(group), "--"}
	process := exec.CommandContext(ctx, "nsenter", append(arguments, command...)...)
	process.Env = strings.Split(strings.TrimSuffix(string(environment), "\x00"), "\x00")
	process.Stdout, process.Stderr = output, problems
	err = process.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return meta.Status{Status: meta.StatusSuccess}
	case errors.As(err, &ended):
		return meta.Status{Status: meta.StatusFailure, Reason: "NonZeroExitCode",
			Message: fmt.Sprintf("exit status %d", ended.ExitCode()),
			Details: &meta.StatusDetails{Causes: []meta.StatusCause{{Type: "ExitCode",
				Message: strconv.Itoa(ended.ExitCode())}}}}
	}
	return failure(err)
}

func failure(err error) meta.Status {
	return meta.Status{Status: meta.StatusFailure, Reason: meta.StatusReasonInternalError,
		Message: err.Error()}
}

// container finds a running container of the pod `namespace/name`.
func (k *kubelet) container(pod, name string) *container {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, worker := range k.pods {
		if worker.name() != pod {
			continue
		}
		worker.mutex.Lock()
		all := append(append([]*container{}, worker.initial...), worker.main...)
		worker.mutex.Unlock()
		for _, one := range all {
			if one.spec.Name == name {
				return one
			}
		}
	}
	return nil
}
