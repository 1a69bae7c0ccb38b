package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"syscall"

	"golang.org/x/sys/unix"
)

// Mount is one folder or file of the host inside a container.
type Mount struct {
	From     string
	To       string
	ReadOnly bool
	File     bool
}

// Launch is all that a process needs to know to become a container.
type Launch struct {
	Namespace   string // of the network
	Hostname    string
	Root        string // the image's files
	Scratch     string // upper layer, work and mount point below it
	Mounts      []Mount
	ReadOnly    bool
	User, Group int64
	WorkingDir  string
	Command     []string
	Environment map[string]string
}

// launch turns this process, which has mount, UTS and PID namespaces of its own, into the container.
func launch(path string) error {
	runtime.LockOSThread()
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var spec Launch
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	if err := enterNetwork(spec.Namespace); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(spec.Hostname)); err != nil {
		return err
	}
	merged, err := mountAll(&spec)
	if err != nil {
		return err
	}
	if err := unix.Chroot(merged); err != nil {
		return err
	}
	if err := unix.Chdir(spec.WorkingDir); err != nil {
		return fmt.Errorf("working directory %s: %w", spec.WorkingDir, err)
	}
	return become(&spec)
}

func enterNetwork(namespace string) error {
	file, err := os.Open("/run/netns/" + namespace)
	if err != nil {
		return err
	}
	defer file.Close()
	return unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
}

func mountAll(spec *Launch) (string, error) {
	merged := filepath.Join(spec.Scratch, "merged")
	for _, name := range []string{"upper", "work", "merged"} {
		if err := os.MkdirAll(filepath.Join(spec.Scratch, name), 0o755); err != nil {
			return "", err
		}
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", err
	}
	options := fmt.Sprintf("lowerdir=%s,volatile,upperdir=%s/upper,workdir=%s/work", spec.Root, spec.Scratch,
		spec.Scratch)
	if err := unix.Mount("overlay", merged, "overlay", 0, options); err != nil {
		return "", fmt.Errorf("overlay: %w", err)
	}
	for _, name := range []string{"proc", "dev", "etc", "sys/fs/cgroup"} {
		if err := os.MkdirAll(filepath.Join(merged, name), 0o755); err != nil {
			return "", err
		}
	}
	if err := unix.Mount("proc", filepath.Join(merged, "proc"), "proc", 0, ""); err != nil {
		return "", fmt.Errorf("proc: %w", err)
	}
	if err := unix.Mount("/dev", filepath.Join(merged, "dev"), "", unix.MS_BIND|unix.MS_REC,
		""); err != nil {
		return "", fmt.Errorf("dev: %w", err)
	}
	for _, mount := range spec.Mounts {
		if err := bind(merged, mount); err != nil {
			return "", fmt.Errorf("%s: %w", mount.To, err)
		}
	}
	if spec.ReadOnly {
		if err := unix.Mount("", merged, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return "", fmt.Errorf("read-only root: %w", err)
		}
	}
	return merged, nil
}

func bind(merged string, mount Mount) error {
	target := filepath.Join(merged, mount.To)
	if mount.File {
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		file, err := os.OpenFile(target, os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		file.Close()
	} else if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(mount.From, target, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if mount.ReadOnly {
		return unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
	}
	return nil
}

func become(spec *Launch) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := syscall.Setgroups([]int{int(spec.Group)}); err != nil {
		return err
	}
	if err := syscall.Setgid(int(spec.Group)); err != nil {
		return err
	}
	if err := syscall.Setuid(int(spec.User)); err != nil {
		return err
	}
	var environment []string
	for name, value := range spec.Environment {
		environment = append(environment, name+"="+value)
	}
	sort.Strings(environment)
	return fmt.Errorf("%s: %w", spec.Command[0],
		syscall.Exec(spec.Command[0], spec.Command, environment))
}
