// A kubelet whose containers are processes: each pod has a network namespace with an address of its
// own, each container a mount namespace with its image's files, its volumes and its user. It serves
// several nodes at once, so that the chart can be tried on real controllers without an engine.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	heartbeat = 5 * time.Second
	leaseTime = 40
)

// Image is what a container's image name stands for: its files, and what runs by default.
type Image struct {
	Root       string   `json:"root"`
	Entrypoint []string `json:"entrypoint"`
	Cmd        []string `json:"cmd"`
	User       int64    `json:"user"`
	WorkingDir string   `json:"working_dir"`
}

// Config is the file that --config names.
type Config struct {
	Kubeconfig string `json:"kubeconfig"`
	Directory  string `json:"directory"`
	Nodes      int    `json:"nodes"`
	Zones      int    `json:"zones"`
	DNS        string `json:"dns"`
	Gateway    string `json:"gateway"`
	// Of the API for logs and exec.
	Certificate string           `json:"certificate"`
	Key         string           `json:"key"`
	Images      map[string]Image `json:"images"`
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "launch" {
		log.Fatal(launch(os.Args[2])) // returns only when it failed
	}
	path := flag.String("config", "", "a JSON file")
	flag.Parse()
	text, err := os.ReadFile(*path)
	if err != nil {
		log.Fatal(err)
	}
	var config Config
	if err := json.Unmarshal(text, &config); err != nil {
		log.Fatal(err)
	}
	rest, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	rest.QPS, rest.Burst = 200, 400
	client := kubernetes.NewForConfigOrDie(rest)
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()

	var nodes []string
	for i := range config.Nodes {
		name := fmt.Sprintf("node-%d", i+1)
		zone := fmt.Sprintf("zone-%c", 'a'+i%config.Zones)
		if err := register(stop, client, name, zone, config.Gateway); err != nil {
			log.Fatal(err)
		}
		nodes = append(nodes, name)
		go beat(stop, client, name, config.Gateway)
	}
	go serveServices(stop, client)
	kubelet := newKubelet(client, &config, nodes)
	go kubelet.serveAPI(stop)
	kubelet.run(stop)
}

func nodeStatus(address string) core.NodeStatus {
	now := meta.Now()
	capacity := core.ResourceList{
		core.ResourceCPU: resource.MustParse("64"), core.ResourceMemory: resource.MustParse("256Gi"),
		core.ResourcePods: resource.MustParse("110"),
	}
	condition := func(kind core.NodeConditionType, status core.ConditionStatus) core.NodeCondition {
		return core.NodeCondition{Type: kind, Status: status, Reason: "KubeletReady",
			LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return core.NodeStatus{
		Capacity: capacity, Allocatable: capacity,
		Addresses: []core.NodeAddress{{Type: core.NodeInternalIP, Address: address}},
		DaemonEndpoints: core.NodeDaemonEndpoints{
			KubeletEndpoint: core.DaemonEndpoint{Port: apiPort}},
		Conditions: []core.NodeCondition{condition(core.NodeReady, core.ConditionTrue),
			condition(core.NodeMemoryPressure, core.ConditionFalse),
			condition(core.NodeDiskPressure, core.ConditionFalse),
			condition(core.NodePIDPressure, core.ConditionFalse)},
		NodeInfo: core.NodeSystemInfo{KubeletVersion: "v1.36.4", OperatingSystem: "linux",
			Architecture: "amd64", ContainerRuntimeVersion: "process://1"},
	}
}

func register(ctx context.Context, client kubernetes.Interface, name, zone, address string) error {
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: name, Labels: map[string]string{
		core.LabelHostname: name, core.LabelTopologyZone: zone, core.LabelOSStable: "linux",
		core.LabelArchStable: "amd64"}}, Status: nodeStatus(address)}
	if _, err := client.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{}); err != nil &&
		!errors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// beat says that the node is alive: its lease, and now and then its conditions.
func beat(ctx context.Context, client kubernetes.Interface, name, address string) {
	leases := client.CoordinationV1().Leases(core.NamespaceNodeLease)
	seconds := int32(leaseTime)
	for round := 0; ctx.Err() == nil; round++ {
		now := meta.NowMicro()
		lease := &coordination.Lease{ObjectMeta: meta.ObjectMeta{Name: name},
			Spec: coordination.LeaseSpec{HolderIdentity: &name, LeaseDurationSeconds: &seconds,
				RenewTime: &now}}
		if found, err := leases.Get(ctx, name, meta.GetOptions{}); err == nil {
			found.Spec = lease.Spec
			_, _ = leases.Update(ctx, found, meta.UpdateOptions{})
		} else if errors.IsNotFound(err) {
			_, _ = leases.Create(ctx, lease, meta.CreateOptions{})
		}
		if node, err := client.CoreV1().Nodes().Get(ctx, name, meta.GetOptions{}); err == nil &&
			round%6 == 0 {
			node.Status = nodeStatus(address)
			_, _ = client.CoreV1().Nodes().UpdateStatus(ctx, node, meta.UpdateOptions{})
		}
		select {
		case <-ctx.Done():
		case <-time.After(heartbeat):
		}
	}
}
