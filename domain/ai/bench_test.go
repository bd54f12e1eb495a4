package ai

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cpuTime returns the CPU time of this process. Wall time would include the servers.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

const benchQuestion = "How long does a non-disclosure agreement usually bind the parties, and does that change when it names no term at all? "

func BenchmarkChatCached(b *testing.B) {
	for _, keys := range []int{1, 1000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			s := newFixture(b)
			s.model.setResponse(respondWith(strings.Repeat("It binds them for as long as it says. ", 20)))
			for i := range keys {
				s.ask(b, s.user, fmt.Sprint(benchQuestion, i))
			}
			var n atomic.Int64
			b.SetParallelism(32)
			b.ReportAllocs()
			b.ResetTimer()
			start := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1) % int64(keys)
					if a := s.ask(b, s.user, fmt.Sprint(benchQuestion, i)); !a.Cached {
						b.Error("not cached")
					}
				}
			})
			b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N)/1000, "cpu-µs/op")
			b.ReportMetric(float64(s.metrics.rows.Load())/float64(s.metrics.writes.Load()), "rows/write")
		})
	}
}

func BenchmarkChatUncached(b *testing.B) {
	s := newFixture(b, func(c *Config) { c.MaxFlights = math.MaxInt })
	s.model.setResponse(respondWith(strings.Repeat("It binds them for as long as it says. ", 20)))
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.ask(b, s.user, fmt.Sprint(benchQuestion, n.Add(1)))
		}
	})
	b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N)/1000, "cpu-µs/op")
}
