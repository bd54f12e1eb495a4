package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/redis/rueidis"

	"counsel/domain"
)

// retryAfter is what callers are reported while a server is down or busy.
const retryAfter = 2 * time.Second

// Server error numbers that MySQL and MariaDB share.
const (
	erTooManyConnections = 1040
	erServerShutdown     = 1053
	erDuplicate          = 1062
	erNoSuchTable        = 1146
	erTooManyUserConns   = 1203
	erLockWaitTimeout    = 1205
	erDeadlock           = 1213
	erUserLimit          = 1226
	erReadOnlyOption     = 1290
	erRowIsReferenced    = 1451
	erNoReferencedRow    = 1452
	erReadOnlyTx         = 1792
	erReadOnlyMode       = 1836
	erConnectionKilled   = 1927 // MariaDB
	erRecordChanged      = 1020 // MariaDB, under snapshot isolation
	erUnknown            = 1105
	erSchemaChanged      = 8028 // TiDB
	erWriteConflict      = 9007 // TiDB
)

// transient reports whether the same statement may succeed later.
func transient(number uint16) bool {
	switch number {
	case erTooManyConnections, erServerShutdown, erTooManyUserConns, erLockWaitTimeout, erDeadlock, erUserLimit,
		erReadOnlyOption, erReadOnlyTx, erReadOnlyMode, erConnectionKilled, erRecordChanged,
		erSchemaChanged, erWriteConflict:
		return true
	}
	return false
}

// isLockTimeout recognizes TiDB's errors for a row that could not be locked, which have no number
// of their own.
func isLockTimeout(me *mysql.MySQLError) bool {
	return me.Number == erUnknown && (strings.Contains(me.Message, "lock retry limit reached") || strings.Contains(me.Message, "lock wait timeout"))
}

// Error maps a failure of MySQL or Redis to a *domain.Error: no rows to NotFound; a duplicate key
// or a broken reference to Conflict; a server that is down, busy, read-only or too slow to
// Unavailable. Other errors, and nil, are returned unchanged. No Message contains any part of the
// statement.
func Error(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*domain.Error](err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return &domain.Error{Code: domain.NotFound, Message: "There is no such thing.", Err: err}
	}
	if me, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch {
		case me.Number == erDuplicate:
			return &domain.Error{Code: domain.Conflict, Message: "This exists already.", Err: err}
		case me.Number == erRowIsReferenced, me.Number == erNoReferencedRow:
			return &domain.Error{Code: domain.Conflict, Message: "Something this depends on is gone, or depends on it.", Err: err}
		case transient(me.Number) || isLockTimeout(me):
			return unavailable(err)
		}
		return err
	}
	if re, ok := rueidis.IsRedisErr(err); ok {
		if re.IsLoading() || re.IsTryAgain() || re.IsClusterDown() || redisUnavailable(re.Error()) {
			return unavailable(err)
		}
		return err
	}
	if connectionLost(err) {
		return unavailable(err)
	}
	return err
}

// redisUnavailable recognizes the answers of a Redis that is up but cannot serve: full, failing
// over, its disk broken, or blocked by a script.
func redisUnavailable(message string) bool {
	for _, kind := range []string{"OOM ", "READONLY ", "MASTERDOWN ", "MISCONF ", "BUSY ", "NOREPLICAS "} {
		if strings.HasPrefix(message, kind) {
			return true
		}
	}
	return false
}

// connectionLost reports whether a server could not be reached or did not answer in time.
func connectionLost(err error) bool {
	for _, known := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, sql.ErrConnDone, ErrRedisDown, rueidis.ErrClosing, rueidis.ErrDoCacheAborted,
		context.DeadlineExceeded, context.Canceled, os.ErrDeadlineExceeded,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

func unavailable(err error) error {
	return &domain.Error{Code: domain.Unavailable, Message: "The service is busy right now, please try again.", RetryAfter: retryAfter, Err: err}
}
