package server

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processGroup starts the child in its own process group, so that Ctrl-C in a terminal does not reach it, with a parent death
// signal, so that it does not outlive this process. The signal would be cleared if the child changed its user.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// commandLine returns the command line of a process, or "" if it is not running (or a zombie).
func commandLine(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(b), "\x00", " ")
}
