package ledger

import "database/sql"

// LockKey is the key of a flow's lock on PostgreSQL.
func LockKey(flow string) int64 { return lockKey(flowLock(flow)) }

// DB returns the connection of a ledger, to test what SQLite alone can bring about.
func DB(l *Ledger) *sql.DB { return l.db }
