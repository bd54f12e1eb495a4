package db

// What the tests look at behind the package's door.
var (
	Parse      = parse
	Provider   = provider
	Migrations = migrations
)

const TxAttempts = txAttempts

type NamedLock = namedLock
