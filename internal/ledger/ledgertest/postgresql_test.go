package ledgertest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"lucca-exchange/internal/ledger/ledgertest"
)

func TestEachCallGivesADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := ledgertest.PostgreSQL(t), ledgertest.PostgreSQL(t)
	if first == second {
		t.Fatalf("both are %s", first)
	}
	for _, dsn := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `CREATE TABLE things (id int)`); err != nil {
			t.Error(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
		ledgertest.Exec(t, dsn, `DROP TABLE things`)
	}
}
