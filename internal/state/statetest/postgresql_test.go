package statetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"lucca-exchange/internal/state/statetest"
)

func TestEachCallGivesADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := statetest.PostgreSQL(t), statetest.PostgreSQL(t)
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
		statetest.Exec(t, dsn, `DROP TABLE things`)
	}
}
