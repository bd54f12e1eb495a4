//go:build !linux

package server

import (
	"os/exec"
	"strconv"
	"syscall"
)

// processGroup starts the child in its own process group. There is no parent death signal on this system; killStale cleans up at
// the next start.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// commandLine returns the command line of a process, or "" if it is not running.
func commandLine(pid int) string {
	b, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(b)
}
