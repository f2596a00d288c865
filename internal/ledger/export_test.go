package ledger

import "database/sql"

// DB returns the connection of a ledger, to test what SQLite alone can bring about.
func DB(l *Ledger) *sql.DB { return l.db }
