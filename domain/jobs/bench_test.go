package jobs_test

import (
	"syscall"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	"counsel/domain/jobs"
	"counsel/sandbox/testkit"
)

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAdd is what a job costs the request that adds it: one INSERT in a transaction that is
// there anyway.
func BenchmarkAdd(b *testing.B) {
	w := newWorld(b)
	p := w.process()
	err := w.tx(func(tx db.Tx) error {
		before := cpu(b)
		for b.Loop() {
			if _, err := p.Add(b.Context(), tx, jobs.LegacyInsert{Kind: "mark", UserID: domain.NewID(), Payload: letter{"ada@example.com"}}); err != nil {
				return err
			}
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDone is a job from its commit to its end, with many under way.
func BenchmarkDone(b *testing.B) {
	w := newWorld(b)
	p := w.process(concurrency(16))
	m := newMarks()
	p.Handle("mark", jobs.Options{}, m.do)
	p.start()
	b.ResetTimer()
	for left := b.N; left > 0; left -= 100 {
		p.add(many(min(left, 100), jobs.LegacyInsert{Kind: "mark", UserID: domain.NewID()})...)
	}
	testkit.Eventually(b, "all are done", func() bool { return m.done() == b.N })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}
