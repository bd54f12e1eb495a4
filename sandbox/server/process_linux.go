package server

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// detached: a group of its own keeps the terminal's Ctrl-C away, the death
// signal ends the child with us. It would be lost if the child changed its user.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// commandLine is how pid was started, or "" when it does not run (a zombie's
// is empty).
func commandLine(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(b), "\x00", " ")
}
