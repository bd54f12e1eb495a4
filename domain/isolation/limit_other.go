//go:build !linux

package isolation

import (
	"os"
	"runtime/metrics"
	"syscall"
)

// attributes keeps a child from the keys that a terminal sends its parent. It ends with that all the
// same, since its standard input does.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// resident is how many bytes of memory Go holds.
func resident() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

func limitData(int64) {}

// peak is not known here: nothing but its own limit ends a child that grows.
func peak(*os.ProcessState) int64 { return 0 }
