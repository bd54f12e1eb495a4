package isolation

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// attributes has a child end with its parent, and not by the keys that a terminal sends that.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

var pageSize = int64(os.Getpagesize())

// statm reads a number of pages from what the kernel says of this process.
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

// resident is how many bytes of memory this process has.
func resident() int64 { return statm(1) }

// limitData has the kernel refuse memory beyond what this process has mapped now and so much more.
// It counts what can be written, and not the addresses that Go only reserves.
func limitData(memory int64) {
	if raceEnabled { // its shadow memory alone is terabytes
		return
	}
	most := uint64(statm(5) + memory)
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most, Max: most}) // without it, the watch is left
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})                     // files' words stay off the disk
}

// peak is the most memory that a process which has ended resided in, in bytes.
func peak(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
