package ai

import (
	"time"

	"counsel/domain/ai/cache"
	"counsel/domain/ai/flights"
)

// Metrics receives measurements. Its methods must be fast and safe for concurrent use.
type Metrics interface {
	CacheLookup(kind Kind, result cache.Result)
	Masked(took time.Duration, found int)              // the texts of one request
	Flight(kind Kind, role flights.Role)               // a request that was not answered from the cache
	Upstream(kind Kind, took time.Duration, err error) // one call of the model, retries included
	BudgetSpent()                                      // a request was rejected because a budget is spent
	Recorded(rows int, took time.Duration, err error)  // one write of consultations
}

type nopMetrics struct{}

func (nopMetrics) CacheLookup(Kind, cache.Result)      {}
func (nopMetrics) Masked(time.Duration, int)           {}
func (nopMetrics) Flight(Kind, flights.Role)           {}
func (nopMetrics) Upstream(Kind, time.Duration, error) {}
func (nopMetrics) BudgetSpent()                        {}
func (nopMetrics) Recorded(int, time.Duration, error)  {}
