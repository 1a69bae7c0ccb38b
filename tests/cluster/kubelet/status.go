package main

import (
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fill writes what is known of the pod into its status.
func (p *podWorker) fill(pod *core.Pod) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	status := &pod.Status
	status.HostIP = p.kubelet.config.Gateway
	if p.address != "" {
		status.PodIP = p.address
		status.PodIPs = []core.PodIP{{IP: p.address}}
	}
	if status.StartTime == nil {
		now := meta.Now()
		status.StartTime = &now
	}
	status.Message = p.message
	status.InitContainerStatuses = statuses(p.initial)
	status.ContainerStatuses = statuses(p.main)
	initialized := true
	for _, one := range p.initial {
		state := one.snapshot()
		done := state.State.Terminated != nil && state.State.Terminated.ExitCode == 0
		initialized = initialized && (done || (state.Started != nil && *state.Started))
	}
	initialized = initialized && len(p.initial) == len(pod.Spec.InitContainers)
	ready := initialized && len(p.main) == len(pod.Spec.Containers)
	ended, failed := len(p.main) == len(pod.Spec.Containers), false
	for _, one := range p.main {
		state := one.snapshot()
		ready = ready && state.Ready
		select {
		case <-one.ended:
			failed = failed || state.State.Terminated == nil || state.State.Terminated.ExitCode != 0
		default:
			ended = false
		}
	}
	switch {
	case ended && failed:
		status.Phase = core.PodFailed
	case ended:
		status.Phase = core.PodSucceeded
	case p.message != "" && pod.Spec.RestartPolicy == core.RestartPolicyNever:
		status.Phase = core.PodFailed
	case len(p.main) > 0:
		status.Phase = core.PodRunning
	default:
		status.Phase = core.PodPending
	}
	p.condition(status, core.PodInitialized, initialized)
	p.condition(status, core.ContainersReady, ready)
	p.condition(status, core.PodReady, ready && !p.isDeleted)
}

func statuses(containers []*container) []core.ContainerStatus {
	var result []core.ContainerStatus
	for _, one := range containers {
		result = append(result, one.snapshot())
	}
	return result
}

func (p *podWorker) condition(status *core.PodStatus, kind core.PodConditionType, holds bool) {
	value := core.ConditionFalse
	if holds {
		value = core.ConditionTrue
	}
	for i := range status.Conditions {
		if status.Conditions[i].Type == kind {
			if status.Conditions[i].Status != value {
				status.Conditions[i].Status = value
				status.Conditions[i].LastTransitionTime = meta.Now()
			}
			return
		}
	}
	status.Conditions = append(status.Conditions, core.PodCondition{Type: kind, Status: value,
		LastTransitionTime: meta.Now()})
}
