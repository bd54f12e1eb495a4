package webhooks_test

import (
	"counsel/db"
	"counsel/domain"
	accountquery "counsel/gen/query/account"
	"counsel/sandbox/testkit"
	"fmt"
	"testing"
	"time"
)

// BenchmarkOnEvent measures what an event adds to a transaction.
func BenchmarkOnEvent(b *testing.B) {
	f := newFixture(b)
	s := f.server()
	c, err := f.cases.Create(b.Context(), f.bert, newCase("A v. B"))
	testkit.Must(b, err)
	create := func(who domain.Principal) func() { return func() { s.createWebhook(who, "http://127.0.0.1:9/") } }
	for _, part := range []struct {
		name    string
		setUp   func()
		publish bool
		caseID  *domain.ID
	}{
		{name: "none"}, {name: "owner, nobody", publish: true}, {name: "case, nobody", publish: true, caseID: &c.ID},
		{name: "owner, one", publish: true, setUp: create(f.anna)}, {name: "case, one", publish: true, caseID: &c.ID, setUp: create(f.bert)},
	} {
		if part.setUp != nil {
			part.setUp()
		}
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				testkit.Must(b, db.WithTx(b.Context(), f.pool, func(tx db.Tx) error {
					if _, err := accountquery.New(tx).GetUser(b.Context(), f.anna.UserID); err != nil || !part.publish {
						return err
					}
					return s.onEvent(b.Context(), tx, uploaded(f.anna, part.caseID))
				}))
			}
		})
	}
}

// BenchmarkDeliver measures deliveries to a receiver that answers immediately.
func BenchmarkDeliver(b *testing.B) {
	f := newFixture(b)
	s := f.server()
	r := newReceiver(b, ok)
	for _, who := range []domain.Principal{f.anna, f.bert} {
		s.createWebhook(who, r.url)
	}
	const n = 1000
	for i := range n {
		s.publish([]domain.Principal{f.anna, f.bert}[i%2], nil)
	}
	began := time.Now()
	s.start()
	testkit.Eventually(b, "all are sent", func() bool { return len(r.received()) >= n })
	b.ReportMetric(n/time.Since(began).Seconds(), "deliveries/s")
	b.Log(fmt.Sprint(time.Since(began)))
}
