//go:build !linux

package server

import (
	"os/exec"
	"strconv"
	"syscall"
)

// detached: there is no death signal here; endStale does its work at the next
// start.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// commandLine is how pid was started, or "" when it does not run.
func commandLine(pid int) string {
	b, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(b)
}
