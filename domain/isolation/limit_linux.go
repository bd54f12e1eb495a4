package isolation

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// sysProcAttr makes a child end with its parent, and shields it from terminal signals by a process
// group of its own.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

var pageSize = int64(os.Getpagesize())

// statm returns a field of /proc/self/statm, in bytes; 0 on errors.
func statm(field int) int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) <= field {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[field]), 10, 64)
	if err != nil {
		return 0
	}
	return n * pageSize
}

// residentMemory returns the resident memory of this process, in bytes.
func residentMemory() int64 { return statm(1) }

// setDataLimit makes the kernel refuse memory beyond what is mapped now plus memory bytes. It counts
// writable mappings, not the addresses that Go only reserves.
func setDataLimit(memory int64) {
	if raceEnabled { // shadow memory alone is terabytes
		return
	}
	limit := uint64(statm(5) + memory)
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit}) // best effort: watchMemory remains
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})                       // no core dumps with file contents
}

// peakMemory returns the peak resident memory of an exited process, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
