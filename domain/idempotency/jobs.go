package idempotency

// pruneArgs are those of the periodic job that deletes expired keys.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "idempotency.prune" }
