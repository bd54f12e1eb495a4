package jobs_test

import (
	"counsel/sandbox/testkit"
	"syscall"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
)

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	testkit.Must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEnqueue measures what a job costs the request that enqueues it: one INSERT in a
// transaction that exists anyway.
func BenchmarkEnqueue(b *testing.B) {
	f := newFixture(b)
	s := f.newServer()
	testkit.Must(b, f.tx(func(tx db.Tx) error {
		began := cpuTime(b)
		for b.Loop() {
			if _, err := s.Enqueue(b.Context(), tx, jobs.Insert{Args: testArgs[mark]{"ada@example.com"}, UserID: domain.NewID()}); err != nil {
				return err
			}
		}
		b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N), "cpu-µs/op")
		return nil
	}))
}

// BenchmarkThroughput measures jobs from their commit to their end, with many in progress.
func BenchmarkThroughput(b *testing.B) {
	f := newFixture(b)
	s := f.newServer(concurrency(16))
	r := newRecorder()
	register(s, r.work)
	s.start()
	b.ResetTimer()
	for remaining := b.N; remaining > 0; remaining -= 100 {
		s.enqueue(many(min(remaining, 100), jobs.Insert{UserID: domain.NewID()})...)
	}
	testkit.Eventually(b, "all have run", func() bool { return r.done() == b.N })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
