package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	firstBackoff = 2 * time.Second
	longBackoff  = 60 * time.Second
)

// container is one container of a pod over its restarts.
type container struct {
	pod    *podWorker
	spec   *core.Container
	again  func(code int) bool // whether it starts again after it ended
	ended  chan struct{}       // closed when it will not start again
	halted bool                // the pod is ending: no restart

	mutex   sync.Mutex
	process *exec.Cmd
	gone    chan struct{} // closed when `process` has ended
	status  core.ContainerStatus
}

func newContainer(pod *podWorker, spec *core.Container, again func(int) bool) *container {
	no := false
	return &container{pod: pod, spec: spec, again: again, ended: make(chan struct{}),
		status: core.ContainerStatus{Name: spec.Name, Image: spec.Image, ImageID: spec.Image,
			Started: &no, State: core.ContainerState{Waiting: &core.ContainerStateWaiting{
				Reason: "ContainerCreating"}}}}
}

func (c *container) pid() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.process == nil || c.process.Process == nil {
		return 0
	}
	return c.process.Process.Pid
}

func (c *container) snapshot() core.ContainerStatus {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return *c.status.DeepCopy()
}

func (c *container) change(edit func(status *core.ContainerStatus)) {
	c.mutex.Lock()
	edit(&c.status)
	c.mutex.Unlock()
	c.pod.changed()
}

func (c *container) stopping() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.halted
}

// run starts the container, again and again as its policy says, until it has ended for good.
func (c *container) run(ctx context.Context) {
	defer close(c.ended)
	backoff := firstBackoff
	for !c.stopping() {
		begun := time.Now()
		code, err := c.once(ctx)
		if err != nil {
			log.Printf("%s/%s: %v", c.pod.name(), c.spec.Name, err)
		}
		if c.stopping() || !c.again(code) {
			return
		}
		if time.Since(begun) > 10*time.Minute {
			backoff = firstBackoff
		}
		c.change(func(status *core.ContainerStatus) {
			status.LastTerminationState = status.State
			status.State = core.ContainerState{Waiting: &core.ContainerStateWaiting{
				Reason: "CrashLoopBackOff", Message: fmt.Sprintf("back-off %s", backoff)}}
		})
		if !pause(ctx, backoff) || c.stopping() {
			return
		}
		backoff = min(2*backoff, longBackoff)
		c.change(func(status *core.ContainerStatus) { status.RestartCount++ })
	}
}

// once runs the process to its end, watched by its probes.
func (c *container) once(ctx context.Context) (int, error) {
	command, err := c.prepare(ctx)
	if err == nil {
		err = command.Start()
		_ = command.Stdout.(*os.File).Close()
	}
	if err != nil {
		c.change(func(status *core.ContainerStatus) {
			status.State = core.ContainerState{Waiting: &core.ContainerStateWaiting{
				Reason: "CreateContainerError", Message: err.Error()}}
		})
		return 128, err
	}
	gone := make(chan struct{})
	c.mutex.Lock()
	c.process, c.gone = command, gone
	halted := c.halted
	c.mutex.Unlock()
	if halted { // the pod was deleted while this process came up
		go c.end(ctx, c.pod.grace())
	}
	started := meta.Now()
	c.change(func(status *core.ContainerStatus) {
		status.State = core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: started}}
		status.ContainerID = fmt.Sprintf("process://%d", command.Process.Pid)
	})
	probing, cancel := context.WithCancel(ctx)
	go c.probe(probing)
	_ = command.Wait()
	close(gone)
	cancel()
	state := command.ProcessState
	code := state.ExitCode()
	reason := "Completed"
	if waited := state.Sys().(syscall.WaitStatus); waited.Signaled() {
		code = 128 + int(waited.Signal())
	}
	if code != 0 {
		reason = "Error"
	}
	c.change(func(status *core.ContainerStatus) {
		no := false
		status.Started, status.Ready = &no, false
		status.State = core.ContainerState{Terminated: &core.ContainerStateTerminated{
			ExitCode: int32(code), Reason: reason, StartedAt: started, FinishedAt: meta.Now()}}
	})
	return code, nil
}

// probe follows startup, then readiness and liveness of the running process.
func (c *container) probe(ctx context.Context) {
	if startup := c.spec.StartupProbe; startup != nil {
		good := false
		c.watch(ctx, startup, func(passed bool, err error) bool {
			good = passed
			if !passed {
				log.Printf("%s/%s: startup probe: %v", c.pod.name(), c.spec.Name, err)
				go c.end(ctx, c.pod.grace())
			}
			return false
		})
		if !good {
			return
		}
	}
	c.change(func(status *core.ContainerStatus) {
		yes := true
		status.Started = &yes
		status.Ready = c.spec.ReadinessProbe == nil
	})
	if readiness := c.spec.ReadinessProbe; readiness != nil {
		go c.watch(ctx, readiness, func(good bool, err error) bool {
			if !good {
				log.Printf("%s/%s: not ready: %v", c.pod.name(), c.spec.Name, err)
			}
			c.change(func(status *core.ContainerStatus) { status.Ready = good })
			return true
		})
	}
	if liveness := c.spec.LivenessProbe; liveness != nil {
		c.watch(ctx, liveness, func(good bool, err error) bool {
			if !good && !c.stopping() {
				log.Printf("%s/%s: liveness probe: %v", c.pod.name(), c.spec.Name, err)
				go c.end(ctx, c.pod.grace())
			}
			return good
		})
	}
}

// end asks the running process to stop: its hook, SIGTERM, and SIGKILL when the grace is over.
func (c *container) end(ctx context.Context, grace time.Duration) {
	c.mutex.Lock()
	process, gone := c.process, c.gone
	c.mutex.Unlock()
	if process == nil {
		return
	}
	deadline := time.Now().Add(grace)
	if hook := c.spec.Lifecycle; hook != nil && hook.PreStop != nil {
		hooking, cancel := context.WithDeadline(ctx, deadline)
		if hook.PreStop.Sleep != nil {
			select {
			case <-gone:
			case <-hooking.Done():
			case <-time.After(time.Duration(hook.PreStop.Sleep.Seconds) * time.Second):
			}
		} else if err := c.perform(hooking, hook.PreStop.HTTPGet, nil, hook.PreStop.Exec); err != nil {
			log.Printf("%s/%s: preStop: %v", c.pod.name(), c.spec.Name, err)
		}
		cancel()
	}
	_ = process.Process.Signal(syscall.SIGTERM)
	select {
	case <-gone:
	case <-time.After(max(time.Until(deadline), 2*time.Second)):
		log.Printf("%s/%s: killed after its grace", c.pod.name(), c.spec.Name)
		_ = process.Process.Kill()
		<-gone
	}
}

// halt ends the container for good and waits for it.
func (c *container) halt(ctx context.Context, grace time.Duration) {
	c.mutex.Lock()
	c.halted = true
	c.mutex.Unlock()
	c.end(ctx, grace)
	<-c.ended
}

// prepare resolves everything that the container's spec names and writes it down for the launcher.
func (c *container) prepare(ctx context.Context) (*exec.Cmd, error) {
	image, err := c.pod.kubelet.image(c.spec.Image)
	if err != nil {
		return nil, err
	}
	values, err := environment(ctx, c.pod.kubelet.client, c.pod.spec(), c.spec, c.pod.address)
	if err != nil {
		return nil, err
	}
	command := append([]string{}, c.spec.Command...)
	arguments := c.spec.Args
	if len(command) == 0 {
		command = append(command, image.Entrypoint...)
		if len(arguments) == 0 {
			arguments = image.Cmd
		}
	}
	command = append(command, arguments...)
	for i := range command {
		command[i] = expand(command[i], values)
	}
	scratch := filepath.Join(c.pod.directory, c.spec.Name)
	_ = os.RemoveAll(scratch)
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	user, group, readOnly := c.identity(image)
	spec := Launch{Namespace: c.pod.namespace, Hostname: c.pod.spec().Name, Root: image.Root,
		Scratch: scratch, Mounts: c.mounts(), ReadOnly: readOnly, User: user, Group: group,
		WorkingDir: image.WorkingDir, Command: command, Environment: values}
	if c.spec.WorkingDir != "" {
		spec.WorkingDir = c.spec.WorkingDir
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(scratch, "launch.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, err
	}
	output, err := os.OpenFile(c.pod.kubelet.logFile(c.pod.name(), c.spec.Name),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	process := exec.Command("/proc/self/exe", "launch", path)
	process.Stdout, process.Stderr = output, output
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWPID}
	return process, nil
}

func (c *container) identity(image Image) (user, group int64, readOnly bool) {
	user, group = image.User, image.User
	if of := c.pod.spec().Spec.SecurityContext; of != nil {
		if of.RunAsUser != nil {
			user = *of.RunAsUser
		}
		if of.RunAsGroup != nil {
			group = *of.RunAsGroup
		}
	}
	if own := c.spec.SecurityContext; own != nil {
		if own.RunAsUser != nil {
			user = *own.RunAsUser
		}
		if own.RunAsGroup != nil {
			group = *own.RunAsGroup
		}
		readOnly = own.ReadOnlyRootFilesystem != nil && *own.ReadOnlyRootFilesystem
	}
	return user, group, readOnly
}

func (c *container) mounts() []Mount {
	mounts := []Mount{
		{From: filepath.Join(c.pod.directory, "resolv.conf"), To: "/etc/resolv.conf", File: true,
			ReadOnly: true},
		{From: filepath.Join(c.pod.directory, "hosts"), To: "/etc/hosts", File: true, ReadOnly: true},
		{From: c.limits(), To: "/sys/fs/cgroup", ReadOnly: true},
	}
	for _, mount := range c.spec.VolumeMounts {
		mounts = append(mounts, Mount{ReadOnly: mount.ReadOnly, To: mount.MountPath,
			From: filepath.Join(c.pod.directory, "volumes", mount.Name, mount.SubPath)})
	}
	return mounts
}

// limits is a folder with the files of cgroup v2 that tell a process its limits (nothing enforces
// them here).
func (c *container) limits() string {
	folder := filepath.Join(c.pod.directory, c.spec.Name+".cgroup")
	_ = os.MkdirAll(folder, 0o755)
	memory, cpu := "max", "max 100000"
	if limit, set := c.spec.Resources.Limits[core.ResourceMemory]; set {
		memory = fmt.Sprint(limit.Value())
	}
	if limit, set := c.spec.Resources.Limits[core.ResourceCPU]; set {
		cpu = fmt.Sprintf("%d 100000", limit.MilliValue()*100)
	}
	_ = os.WriteFile(filepath.Join(folder, "memory.max"), []byte(memory+"\n"), 0o644)
	_ = os.WriteFile(filepath.Join(folder, "cpu.max"), []byte(cpu+"\n"), 0o644)
	_ = os.WriteFile(filepath.Join(folder, "cgroup.controllers"), []byte("cpu memory\n"), 0o644)
	return folder
}
