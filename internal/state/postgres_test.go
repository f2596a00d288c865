package state_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

func TestLostConnectionIsALostRun(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	l := open(t, dsn)
	lost, kept := begun(t, l, "lost", at(0)), begun(t, l, "kept", at(0))
	watched, cancel := l.Runs().Watch(t.Context(), lost.ID)
	defer cancel()
	other, cancelOther := l.Runs().Watch(t.Context(), kept.ID)
	defer cancelOther()
	loseLock(t, dsn, "lost")
	<-watched.Done()
	want(t, context.Cause(watched), state.ErrLost)
	check(t, other.Err())
	// Nobody has taken the run, so its end may be recorded; the flow is free then.
	check(t, l.Runs().Finish(t.Context(), ended(lost, run.Failed)))
	check(t, l.Runs().Finish(t.Context(), ended(kept, run.Done)))
	check(t, other.Err())
	begun(t, l, "lost", at(1))
}

func TestSilentNetworkIsALostRun(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	between := newCable(t, dsn)
	l, err := state.Open(t.Context(), between.dsn)
	check(t, err)
	record := begun(t, l, "nightly", at(0))
	watched, cancel := l.Runs().Watch(t.Context(), record.ID)
	defer cancel()
	between.pull()
	<-watched.Done()
	want(t, context.Cause(watched), state.ErrLost)
	between.drop()
	_ = l.Close()
	// The server has seen the connection end: the run is there for others.
	buried(t, dsn)
	_, _, err = open(t, dsn).Runs().Resume(t.Context(), record.ID, at(1))
	check(t, err)
}

// A run that ends while its lock is being asked after has let go of its flow: the next that begins
// does not find it busy.
func TestFlowIsFreeWhenItsServerIsSlow(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	next := open(t, dsn)
	between := newCable(t, dsn)
	l, err := state.Open(t.Context(), between.dsn)
	check(t, err)
	begun(t, l, "nightly", at(0))
	between.slow.Store(true)
	<-between.asked
	time.AfterFunc(100*time.Millisecond, func() { close(between.letOn) })
	check(t, l.Close())
	_, err = next.Runs().Begin(t.Context(), newRun("nightly", at(1)))
	check(t, err)
}

// cable is a proxy on the way to a server, which can be pulled: then nothing passes, and
// nobody is told.
type cable struct {
	dsn    string
	pulled chan struct{}
	conns  chan net.Conn
	// slow holds the next who asks something until letOn; that somebody has is in asked.
	slow         atomic.Bool
	asked, letOn chan struct{}
}

func newCable(t *testing.T, dsn string) *cable {
	t.Helper()
	u, err := url.Parse(dsn)
	check(t, err)
	server := u.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { check(t, listener.Close()) })
	u.Host = listener.Addr().String()
	c := &cable{dsn: u.String(), pulled: make(chan struct{}), conns: make(chan net.Conn, 100), asked: make(chan struct{}), letOn: make(chan struct{})}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				_ = near.Close()
				continue
			}
			c.conns <- near
			c.conns <- far
			go c.carry(near, far, nil)
			go c.carry(far, near, c.hold)
		}
	}()
	return c
}

// hold keeps what one connection asks, once the server is slow.
func (c *cable) hold() {
	if c.slow.CompareAndSwap(true, false) {
		close(c.asked)
		<-c.letOn
	}
}

func (c *cable) carry(to io.WriteCloser, from io.Reader, hold func()) {
	buffer := make([]byte, 1<<12)
	for {
		n, err := from.Read(buffer)
		select {
		case <-c.pulled:
			return
		default:
		}
		if err == nil && hold != nil {
			hold()
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

func (c *cable) pull() { close(c.pulled) }

// drop is what the ends' own keepalive does in the end.
func (c *cable) drop() {
	for len(c.conns) > 0 {
		_ = (<-c.conns).Close()
	}
}

func TestWatchOfARunThatIsNotOurs(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		watched, cancel := l.Runs().Watch(t.Context(), missing)
		defer cancel()
		want(t, context.Cause(watched), state.ErrLost)
		record := begun(t, l, "nightly", at(0))
		watched, cancel = l.Runs().Watch(t.Context(), record.ID)
		check(t, watched.Err())
		cancel()
		want(t, watched.Err(), context.Canceled)
		if errors.Is(context.Cause(watched), state.ErrLost) {
			t.Error("a watch that ends is a lost run")
		}
	})
}

func TestDatabaseThatCannotServe(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, listener.Close())
	u, err := url.Parse(dsn)
	check(t, err)
	change := func(f func(*url.URL)) string {
		c := *u
		f(&c)
		return c.String()
	}
	for _, tt := range []struct {
		name, dsn, says string
	}{
		{"nobody listens", change(func(u *url.URL) { u.Host = listener.Addr().String() }), "cannot be reached"},
		{"no such user", change(func(u *url.URL) { u.User = url.User("nobody") }), "PGPASSWORD or PGPASSFILE"},
		{"no such database", change(func(u *url.URL) { u.Path = "/nothing" }), "create it"},
		{"not encrypted", change(func(u *url.URL) { u.RawQuery = "sslmode=require" }), "cannot be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := state.Open(t.Context(), tt.dsn)
			want(t, err, state.ErrUnreachable)
			if n := strings.Count(err.Error(), "127.0.0.1"); !strings.Contains(err.Error(), tt.says) || n == 0 || tt.name == "nobody listens" && n > 1 {
				t.Errorf("no remedy: %v", err)
			}
		})
	}
}

// TestDatabaseFaults has a trigger raise what servers say in trouble.
func TestDatabaseFaults(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	l := open(t, dsn)
	execute(t, state.DB(l), `CREATE TABLE trouble (code TEXT)`)
	execute(t, state.DB(l), `INSERT INTO trouble VALUES ('')`)
	execute(t, state.DB(l), `CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN
		RAISE EXCEPTION 'trouble' USING ERRCODE = (SELECT code FROM trouble); END $$ LANGUAGE plpgsql`)
	execute(t, state.DB(l), `CREATE TRIGGER fail BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION fail()`)
	for code, target := range map[string]error{
		"53100": state.ErrFull,
		"55P03": state.ErrLocked,
		"25006": state.ErrReadOnly,
		"42501": state.ErrReadOnly,
		"57P01": state.ErrUnreachable,
		"53300": state.ErrUnreachable,
		"XX001": state.ErrDamaged,
	} {
		_, err := state.DB(l).ExecContext(t.Context(), `UPDATE trouble SET code = $1`, code)
		check(t, err)
		_, err = l.Runs().Begin(t.Context(), newRun("nightly", at(0)))
		want(t, err, target)
	}
	execute(t, state.DB(l), `DROP TRIGGER fail ON runs`)
	begun(t, l, "nightly", at(0))
}

func TestOpenOfDatabasesThatAreNotOurs(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	_, err := state.OpenReadOnly(t.Context(), dsn)
	want(t, err, fs.ErrNotExist)
	statetest.Exec(t, dsn, `CREATE TABLE runs (id int)`)
	_, err = state.Open(t.Context(), dsn)
	want(t, err, state.ErrDamaged)

	dsn = statetest.PostgreSQL(t)
	statetest.Exec(t, dsn, `ALTER DATABASE `+dsn[strings.LastIndex(dsn, "/")+1:]+` OWNER TO postgres`)
	_, err = state.Open(t.Context(), dsn)
	want(t, err, state.ErrReadOnly)
	if !strings.Contains(err.Error(), "owns the database") {
		t.Errorf("no remedy: %v", err)
	}
}

func TestOpenReadOnlyOfADatabase(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	l := open(t, dsn)
	record := finished(t, l, "nightly", at(0), run.Held)
	reader, err := state.OpenReadOnly(t.Context(), dsn)
	check(t, err)
	t.Cleanup(func() { check(t, reader.Close()) })
	_, err = reader.History().Run(t.Context(), record.ID)
	check(t, err)
	_, err = reader.Runs().Begin(t.Context(), newRun("nightly", at(1)))
	want(t, err, state.ErrReadOnly)
	_, err = state.DB(reader).ExecContext(t.Context(), `DELETE FROM runs`)
	if err == nil {
		t.Error("the reader can write")
	}

	execute(t, state.DB(l), `DELETE FROM ledger_versions WHERE version_id > 1`)
	_, err = state.OpenReadOnly(t.Context(), dsn)
	want(t, err, state.ErrOlderSchema)
	execute(t, state.DB(l), `INSERT INTO ledger_versions (version_id, is_applied) VALUES (99, true)`)
	_, err = state.Open(t.Context(), dsn)
	want(t, err, state.ErrNewerSchema)
}

func TestConnectionToAnotherMachineIsVerified(t *testing.T) {
	t.Parallel()
	for dsn, verified := range map[string]bool{
		"postgres://hr@db.example/x":                     true,
		"postgres://hr@192.0.2.1/x":                      true,
		"postgres://hr@db.example/x?sslmode=disable":     false,
		"postgres://hr@localhost/x":                      false,
		"postgres://hr@127.0.0.1/x":                      false,
		"postgres:///x?host=/var/run/postgresql&user=hr": false,
	} {
		got, err := state.Verifies(dsn)
		check(t, err)
		if got != verified {
			t.Errorf("%s: verified %v, want %v", dsn, got, verified)
		}
	}
}

// TestServerNoticesADeadMachine: what the kernel of a killed process does at once, the
// server must find out by itself when a whole machine is gone.
func TestServerNoticesADeadMachine(t *testing.T) {
	t.Parallel()
	l := open(t, statetest.PostgreSQL(t))
	for setting, value := range map[string]string{
		"tcp_keepalives_idle":                 "5",
		"tcp_keepalives_interval":             "2",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "11000",
		"idle_in_transaction_session_timeout": "10s",
	} {
		var got string
		check(t, state.DB(l).QueryRowContext(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got))
		if got != value {
			t.Errorf("%s is %q, want %q", setting, got, value)
		}
	}
}
