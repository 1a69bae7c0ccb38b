package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const bridge = "pods"

var lastAddress atomic.Uint32

func sh(arguments ...string) error {
	output, err := exec.Command(arguments[0], arguments[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// makeNetwork gives a pod a namespace and an address on the bridge that no pod had before.
func makeNetwork(gateway string) (namespace, address string, err error) {
	number := lastAddress.Add(1)
	namespace = fmt.Sprintf("pod-%d", number)
	address = fmt.Sprintf("10.77.%d.%d", 1+number/250, 1+number%250)
	link := fmt.Sprintf("veth%d", number)
	inside := []string{"ip", "netns", "exec", namespace, "ip"}
	for _, command := range [][]string{
		{"ip", "netns", "add", namespace},
		{"ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace},
		{"ip", "link", "set", link, "master", bridge, "up"},
		append(inside, "addr", "add", address+"/16", "dev", "eth0"),
		append(inside, "link", "set", "eth0", "up"),
		append(inside, "link", "set", "lo", "up"),
		append(inside, "route", "add", "default", "via", gateway),
	} {
		if err := sh(command...); err != nil {
			return namespace, address, err
		}
	}
	return namespace, address, nil
}

func removeNetwork(namespace string) {
	if namespace != "" {
		_ = sh("ip", "netns", "del", namespace)
	}
}

// services forwards each cluster address and port to the ready endpoints, connection by connection.
type services struct {
	slices    func(*core.Service) []*discovery.EndpointSlice
	mutex     sync.Mutex
	listeners map[string]net.Listener
}

func serveServices(ctx context.Context, client kubernetes.Interface) {
	factory := informers.NewSharedInformerFactory(client, 0)
	slices := factory.Discovery().V1().EndpointSlices().Lister()
	proxy := &services{listeners: map[string]net.Listener{}}
	proxy.slices = func(service *core.Service) []*discovery.EndpointSlice {
		found, _ := slices.EndpointSlices(service.Namespace).List(labels.SelectorFromSet(
			labels.Set{discovery.LabelServiceName: service.Name}))
		return found
	}
	_, err := factory.Core().V1().Services().Informer().AddEventHandler(
		cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { proxy.open(object.(*core.Service)) },
			UpdateFunc: func(_, object any) { proxy.open(object.(*core.Service)) },
			DeleteFunc: func(object any) {
				if service, ok := object.(*core.Service); ok {
					proxy.close(service)
				}
			},
		})
	if err != nil {
		log.Fatal(err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
}

func (s *services) open(service *core.Service) {
	ip := service.Spec.ClusterIP
	if ip == "" || ip == core.ClusterIPNone || service.Name == "kube-dns" {
		return
	}
	_ = sh("ip", "addr", "replace", ip+"/32", "dev", "lo")
	for _, port := range service.Spec.Ports {
		address := fmt.Sprintf("%s:%d", ip, port.Port)
		s.mutex.Lock()
		_, known := s.listeners[address]
		s.mutex.Unlock()
		if known || (port.Protocol != "" && port.Protocol != core.ProtocolTCP) {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			log.Printf("service %s: %v", service.Name, err)
			continue
		}
		s.mutex.Lock()
		s.listeners[address] = listener
		s.mutex.Unlock()
		go s.accept(listener, service.DeepCopy(), port.Name)
	}
}

func (s *services) close(service *core.Service) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, port := range service.Spec.Ports {
		address := fmt.Sprintf("%s:%d", service.Spec.ClusterIP, port.Port)
		if listener := s.listeners[address]; listener != nil {
			_ = listener.Close()
			delete(s.listeners, address)
		}
	}
}

func (s *services) accept(listener net.Listener, service *core.Service, port string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			targets := s.targets(service, port)
			rand.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })
			for _, target := range targets {
				if server, err := net.Dial("tcp", target); err == nil {
					join(client.(*net.TCPConn), server.(*net.TCPConn))
					return
				}
			}
			_ = client.Close()
		}()
	}
}

// targets are the ready endpoints of a service's port.
func (s *services) targets(service *core.Service, port string) []string {
	var result []string
	for _, slice := range s.slices(service) {
		for _, offered := range slice.Ports {
			if offered.Port == nil || (offered.Name != nil && *offered.Name != port) {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if endpoint.Conditions.Ready != nil && *endpoint.Conditions.Ready {
					result = append(result, fmt.Sprintf("%s:%d", endpoint.Addresses[0], *offered.Port))
				}
			}
		}
	}
	return result
}

func join(a, b *net.TCPConn) {
	var both sync.WaitGroup
	copyTo := func(to, from *net.TCPConn) {
		defer both.Done()
		_, err := io.Copy(to, from)
		_ = to.CloseWrite()
		if err != nil {
			_ = from.Close()
		}
	}
	both.Add(2)
	go copyTo(a, b)
	go copyTo(b, a)
	both.Wait()
	_ = a.Close()
	_ = b.Close()
}
