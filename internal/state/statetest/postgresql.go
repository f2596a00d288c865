// Package statetest gives tests a real PostgreSQL.
//
// A test binary that asks for one starts one server, on loopback and in a temporary
// folder. A shell that reads from the test binary watches over it: when the binary ends,
// in whatever way, the shell stops the server and removes the folder.
package statetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgreSQL returns the URL of a database of its own, which is dropped when the test
// ends, on a server that the whole test binary shares. Its owner is no superuser. Where
// PostgreSQL is not installed the test is skipped, or fails when the environment says
// CI=true.
func PostgreSQL(t testing.TB) (dsn string) {
	t.Helper()
	running, err := server()
	switch {
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true":
		t.Skipf("PostgreSQL is not installed: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	administer(t, running.address, `CREATE DATABASE `+name+` OWNER exchange`)
	t.Cleanup(func() { administer(t, running.address, `DROP DATABASE `+name+` WITH (FORCE)`) })
	return "postgres://exchange@" + running.address + "/" + name
}

// Exec runs a statement as superuser in the database at dsn, as an operator would.
func Exec(t testing.TB, dsn, statement string, args ...any) {
	t.Helper()
	if err := execute(strings.Replace(dsn, "exchange@", "postgres@", 1), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func administer(t testing.TB, address, statement string) {
	t.Helper()
	if err := execute("postgres://postgres@"+address+"/postgres", statement); err != nil {
		t.Error(err)
	}
}

func execute(dsn, statement string, args ...any) error {
	// Databases are dropped when the context of the test has ended.
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, args...)
	return errors.Join(err, conn.Close(ctx))
}

var (
	// server starts the one server of this process.
	server = sync.OnceValues(start)
	// databases counts what was created on it.
	databases atomic.Int64
)

// instance is a running server. It ends when lifeline is closed, be it by the end of
// this process; to keep it reachable keeps it from being collected, and so closed, before.
type instance struct {
	address  string
	lifeline io.Closer
}

// supervise starts the server, says so, waits for the end of its input and cleans up.
// Crashes of the machine are not what is tested: nothing is forced to the disk.
const supervise = `
umask 077
"$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --no-locale -N >"$2/initdb.log" 2>&1 || { cat "$2/initdb.log"; rm -rf "$2"; exit 1; }
"$1/pg_ctl" -D "$2/data" -w -l "$2/server.log" -o "-h 127.0.0.1 -p $3 -k '$2' -F -c max_connections=400 -c full_page_writes=off" start >/dev/null 2>&1 ||
	{ cat "$2/server.log"; rm -rf "$2"; exit 1; }
echo ready
read -r _
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"
`

// attempts is how often another port is tried when a stranger took the free one first.
const attempts = 3

func start() (*instance, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	for range attempts {
		var running *instance
		if running, err = startOn(bin); err == nil {
			return running, execute("postgres://postgres@"+running.address+"/postgres", `CREATE ROLE exchange LOGIN`)
		}
	}
	return nil, err
}

func startOn(bin string) (*instance, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	// The path of a socket is short: not below the folder of a test.
	dir, err := os.MkdirTemp("/tmp", "lxpg")
	if err != nil {
		return nil, err
	}
	owner, err := owner(dir)
	if err != nil {
		return nil, err
	}
	// The server outlives the test that asks for it first.
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", supervise, "sh", bin, dir, port)
	cmd.Dir = dir
	// A group of its own: the interrupt that ends the tests must not end the clean-up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said := bufio.NewScanner(out)
	var lines []string
	for said.Scan() {
		if said.Text() == "ready" {
			return &instance{net.JoinHostPort("127.0.0.1", port), lifeline}, nil
		}
		lines = append(lines, said.Text())
	}
	return nil, fmt.Errorf("start PostgreSQL: %s: %w", strings.Join(lines, "; "), cmd.Wait())
}

// binaries returns the folder of the server's programs: where initdb on the path comes
// from, else the newest that Debian has.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		target, err := filepath.EvalSymlinks(path)
		return filepath.Dir(target), err
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("look for initdb: %w", exec.ErrNotFound)
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func version(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return n
}

func freePort() (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// owner gives dir to the user that runs the server, and returns it: PostgreSQL refuses to
// run as root. For anyone else it is nil: themselves.
func owner(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}
