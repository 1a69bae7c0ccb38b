package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const refresh = 5 * time.Second

type kubelet struct {
	client kubernetes.Interface
	config *Config
	logs   string
	nodes  map[string]bool

	mutex sync.Mutex
	pods  map[types.UID]*podWorker
}

func newKubelet(client kubernetes.Interface, config *Config, nodes []string) *kubelet {
	k := &kubelet{client: client, config: config, nodes: map[string]bool{},
		logs: filepath.Join(config.Directory, "logs"), pods: map[types.UID]*podWorker{}}
	for _, node := range nodes {
		k.nodes[node] = true
	}
	if err := os.MkdirAll(k.logs, 0o755); err != nil {
		log.Fatal(err)
	}
	return k
}

// image finds an image by its name, or by its repository when the tag is not listed.
func (k *kubelet) image(name string) (Image, error) {
	if image, known := k.config.Images[name]; known {
		return image, nil
	}
	return Image{}, fmt.Errorf("image %s is not known", name)
}

// logFile is what a container of the pod `namespace/name` has written.
func (k *kubelet) logFile(pod, container string) string {
	return filepath.Join(k.logs, strings.ReplaceAll(pod, "/", "_")+"_"+container+".log")
}

func (k *kubelet) run(ctx context.Context) {
	factory := informers.NewSharedInformerFactory(k.client, 0)
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { k.see(ctx, object.(*core.Pod)) },
		UpdateFunc: func(_, object any) { k.see(ctx, object.(*core.Pod)) },
		DeleteFunc: func(object any) {
			if pod, ok := object.(*core.Pod); ok {
				k.forget(ctx, pod)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
}

func (k *kubelet) see(ctx context.Context, pod *core.Pod) {
	if !k.nodes[pod.Spec.NodeName] {
		return
	}
	k.mutex.Lock()
	worker := k.pods[pod.UID]
	if worker == nil {
		worker = &podWorker{kubelet: k, latest: pod.DeepCopy(), dirty: make(chan struct{}, 1),
			deleted: make(chan struct{})}
		k.pods[pod.UID] = worker
		go worker.run(ctx)
	}
	k.mutex.Unlock()
	worker.update(pod)
}

// forget ends a pod that was removed by force.
func (k *kubelet) forget(ctx context.Context, pod *core.Pod) {
	k.mutex.Lock()
	worker := k.pods[pod.UID]
	delete(k.pods, pod.UID)
	k.mutex.Unlock()
	if worker != nil {
		worker.delete()
	}
}

// podWorker takes one pod from its binding to its end.
type podWorker struct {
	kubelet   *kubelet
	directory string
	namespace string // of the network
	address   string
	dirty     chan struct{}
	deleted   chan struct{}

	mutex     sync.Mutex
	latest    *core.Pod
	initial   []*container
	main      []*container
	isDeleted bool
	message   string
}

func (p *podWorker) spec() *core.Pod {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.latest
}

func (p *podWorker) name() string {
	pod := p.spec()
	return pod.Namespace + "/" + pod.Name
}

func (p *podWorker) grace() time.Duration {
	pod := p.spec()
	if seconds := pod.DeletionGracePeriodSeconds; seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	if seconds := pod.Spec.TerminationGracePeriodSeconds; seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	return 30 * time.Second
}

func (p *podWorker) changed() {
	select {
	case p.dirty <- struct{}{}:
	default:
	}
}

func (p *podWorker) update(pod *core.Pod) {
	p.mutex.Lock()
	p.latest = pod.DeepCopy()
	p.mutex.Unlock()
	if pod.DeletionTimestamp != nil {
		p.delete()
	}
}

func (p *podWorker) delete() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.isDeleted {
		p.isDeleted = true
		close(p.deleted)
	}
}

func (p *podWorker) run(ctx context.Context) {
	finished := make(chan struct{})
	life, cancel := context.WithCancel(ctx)
	go func() {
		defer close(finished)
		if err := p.live(life); err != nil {
			log.Printf("%s: %v", p.name(), err)
			p.mutex.Lock()
			p.message = err.Error()
			p.mutex.Unlock()
			p.changed()
			<-p.deleted
		}
	}()
	reporting, stopReporting := context.WithCancel(ctx)
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		p.report(reporting)
	}()
	select {
	case <-finished:
		select { // a pod whose work is done stays until somebody deletes it
		case <-p.deleted:
		case <-ctx.Done():
		}
	case <-p.deleted:
	case <-ctx.Done():
	}
	p.terminate(ctx)
	cancel()
	<-finished
	p.publish(ctx)
	stopReporting()
	<-reported
	zero := int64(0)
	uid := p.spec().UID
	_ = p.kubelet.client.CoreV1().Pods(p.spec().Namespace).Delete(ctx, p.spec().Name,
		meta.DeleteOptions{GracePeriodSeconds: &zero, Preconditions: &meta.Preconditions{UID: &uid}})
	removeNetwork(p.namespace)
	_ = os.RemoveAll(p.directory)
}

// live sets the pod up, runs its init containers, and its containers to their end.
func (p *podWorker) live(ctx context.Context) error {
	pod := p.spec()
	p.directory = filepath.Join(p.kubelet.config.Directory, "pods", string(pod.UID))
	namespace, address, err := makeNetwork(p.kubelet.config.Gateway)
	p.namespace, p.address = namespace, address
	if err != nil {
		return err
	}
	for err := p.files(ctx); err != nil; err = p.files(ctx) { // a Secret may still be missing
		log.Printf("%s: %v", p.name(), err)
		if !p.pauseAlive(ctx, 2*time.Second) {
			return err
		}
	}
	policy := pod.Spec.RestartPolicy
	again := func(code int) bool {
		return policy == core.RestartPolicyAlways || (policy == core.RestartPolicyOnFailure && code != 0)
	}
	for i := range pod.Spec.InitContainers {
		spec := &pod.Spec.InitContainers[i]
		sidecar := spec.RestartPolicy != nil && *spec.RestartPolicy == core.ContainerRestartPolicyAlways
		rule := func(code int) bool { return code != 0 && policy != core.RestartPolicyNever }
		if sidecar {
			rule = func(int) bool { return true }
		}
		one := newContainer(p, spec, rule)
		p.add(&p.initial, one)
		go one.run(ctx)
		if err := p.waitInitial(ctx, one, sidecar); err != nil {
			return err
		}
	}
	for i := range pod.Spec.Containers {
		one := newContainer(p, &pod.Spec.Containers[i], again)
		p.add(&p.main, one)
		go one.run(ctx)
	}
	for _, one := range p.main {
		<-one.ended
	}
	p.changed()
	return nil
}

func (p *podWorker) add(list *[]*container, one *container) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	*list = append(*list, one)
	if p.isDeleted {
		one.halted = true
	}
}

func (p *podWorker) waitInitial(ctx context.Context, one *container, sidecar bool) error {
	for {
		status := one.snapshot()
		if sidecar && status.Started != nil && *status.Started {
			return nil
		}
		select {
		case <-one.ended:
			if code := one.snapshot().State.Terminated; code == nil || code.ExitCode != 0 {
				return fmt.Errorf("init container %s failed", one.spec.Name)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// pauseAlive waits; false when the pod is to end.
func (p *podWorker) pauseAlive(ctx context.Context, duration time.Duration) bool {
	select {
	case <-p.deleted:
		return false
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}

// refreshVolumes writes Secrets and ConfigMaps again, as they may have changed.
func (p *podWorker) refreshVolumes(ctx context.Context) {
	pod := p.spec()
	if pod.DeletionTimestamp != nil || p.address == "" {
		return
	}
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		if volume.Secret != nil || volume.ConfigMap != nil {
			_ = makeVolume(ctx, p.kubelet.client, pod, p.address, volume,
				filepath.Join(p.directory, "volumes", volume.Name))
		}
	}
}

// files writes what every container of the pod sees, and the volumes.
func (p *podWorker) files(ctx context.Context) error {
	pod := p.spec()
	if err := os.MkdirAll(p.directory, 0o755); err != nil {
		return err
	}
	resolver := fmt.Sprintf("nameserver %s\nsearch %s.svc.cluster.local svc.cluster.local "+
		"cluster.local\noptions ndots:5\n", p.kubelet.config.DNS, pod.Namespace)
	hosts := fmt.Sprintf("127.0.0.1 localhost\n%s %s\n", p.address, pod.Name)
	if err := writeFiles(p.directory, map[string]string{"resolv.conf": resolver, "hosts": hosts},
		nil); err != nil {
		return err
	}
	for i := range pod.Spec.Volumes {
		volume := &pod.Spec.Volumes[i]
		if err := makeVolume(ctx, p.kubelet.client, pod, p.address, volume,
			filepath.Join(p.directory, "volumes", volume.Name)); err != nil {
			return fmt.Errorf("volume %s: %w", volume.Name, err)
		}
	}
	return nil
}

// terminate ends the containers together, then the sidecars in reverse order.
func (p *podWorker) terminate(ctx context.Context) {
	p.mutex.Lock()
	containers := append([]*container{}, p.main...)
	initial := append([]*container{}, p.initial...)
	p.mutex.Unlock()
	grace := p.grace()
	var all sync.WaitGroup
	for _, one := range containers {
		all.Add(1)
		go func() {
			defer all.Done()
			one.halt(ctx, grace)
		}()
	}
	all.Wait()
	for i := len(initial) - 1; i >= 0; i-- {
		initial[i].halt(ctx, grace)
	}
}

// report publishes the status whenever it changed.
func (p *podWorker) report(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.dirty:
		case <-time.After(refresh):
			p.refreshVolumes(ctx)
		}
		p.publish(ctx)
	}
}

func (p *podWorker) publish(ctx context.Context) {
	pods := p.kubelet.client.CoreV1().Pods(p.spec().Namespace)
	for range 5 {
		pod, err := pods.Get(ctx, p.spec().Name, meta.GetOptions{})
		if err != nil || pod.UID != p.spec().UID {
			return
		}
		p.fill(pod)
		if _, err = pods.UpdateStatus(ctx, pod, meta.UpdateOptions{}); !errors.IsConflict(err) {
			if err != nil && !errors.IsNotFound(err) {
				log.Printf("%s: status: %v", p.name(), err)
			}
			return
		}
	}
}
