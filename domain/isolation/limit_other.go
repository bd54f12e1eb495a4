//go:build !linux

package isolation

import (
	"os"
	"runtime/metrics"
	"syscall"
)

// sysProcAttr shields a child from terminal signals. The child still ends with its parent, because its
// standard input does.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// residentMemory returns the memory that the Go runtime holds, in bytes.
func residentMemory() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

func setDataLimit(int64) {}

// peakMemory is unknown here. Only its own limit ends a growing child.
func peakMemory(*os.ProcessState) int64 { return 0 }
