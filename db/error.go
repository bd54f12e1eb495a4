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

// retryAfter is promised to a caller while a server is gone or busy.
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

// transient tells whether the same statement may succeed later.
func transient(number uint16) bool {
	switch number {
	case erTooManyConnections, erServerShutdown, erTooManyUserConns, erLockWaitTimeout, erDeadlock, erUserLimit,
		erReadOnlyOption, erReadOnlyTx, erReadOnlyMode, erConnectionKilled, erRecordChanged,
		erSchemaChanged, erWriteConflict:
		return true
	}
	return false
}

// lockTriesOver tells TiDB's errors, which have no number of their own, for a row that could not be
// locked since others did each time.
func lockTriesOver(me *mysql.MySQLError) bool {
	return me.Number == erUnknown && (strings.Contains(me.Message, "lock retry limit reached") || strings.Contains(me.Message, "lock wait timeout"))
}

// Error turns a failure of MySQL or Redis into a *domain.Error: no rows into NotFound, a
// duplicate key or a broken reference into Conflict, a server that is gone, busy, read-only
// or too slow into Unavailable. Other errors, and nil, come back as they are. No Message
// holds anything of the statement.
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
		case transient(me.Number) || lockTriesOver(me):
			return unavailable(err)
		}
		return err
	}
	if re, ok := rueidis.IsRedisErr(err); ok {
		if re.IsLoading() || re.IsTryAgain() || re.IsClusterDown() || redisUnfit(re.Error()) {
			return unavailable(err)
		}
		return err
	}
	if connectionLost(err) {
		return unavailable(err)
	}
	return err
}

// redisUnfit knows what Redis says when it is up but cannot serve: full, failing over, its
// disk broken, or held up by a script.
func redisUnfit(message string) bool {
	for _, kind := range []string{"OOM ", "READONLY ", "MASTERDOWN ", "MISCONF ", "BUSY ", "NOREPLICAS "} {
		if strings.HasPrefix(message, kind) {
			return true
		}
	}
	return false
}

// connectionLost tells whether err says that a server could not be reached or did not answer in time.
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
