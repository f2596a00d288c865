package flow_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/remote"
)

// TestAFaultOfTheProxyIsNotTakenForOneOfTheRemote: the remedy is about the proxy.
func TestAFaultOfTheProxyIsNotTakenForOneOfTheRemote(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cause      error
		says, nots string
	}{
		{fmt.Errorf("%w: check proxy_user and proxy_password", remote.ErrAuth), "check proxy_user and proxy_password", "password of the remote"},
		{remote.ErrPermission, "", "right to write"},
		{syscall.ECONNREFUSED, "nothing answers at the proxy's port", "at that port"},
		{remote.ErrTemporary, "the proxy does not reach the remote", "try again later"},
		{io.EOF, "check whether it is a proxy of that kind", "try again later"},
		{&net.DNSError{Name: "proxy.invalid", IsNotFound: true}, "check the proxy of the remote", "how it is written"},
	} {
		err := fmt.Errorf("open session: %w: %w", remote.ErrTemporary, errors.Join(remote.ErrProxy, tt.cause))
		got := flow.Sentence(err)
		if !strings.Contains(got, tt.says) || strings.Contains(got, tt.nots) {
			t.Errorf("%v: %q, want %q and not %q", tt.cause, got, tt.says, tt.nots)
		}
	}
}

// TestANameThatNoHostHas is said to be wrong only where it is the name, and whose name it is.
func TestANameThatNoHostHas(t *testing.T) {
	t.Parallel()
	const wrong = "no host has this name"
	for name, tt := range map[string]struct {
		err  error
		says string
	}{
		"unknown":                           {&net.DNSError{Name: "partner.invalid", IsNotFound: true}, wrong + ", check how it is written"},
		"nobody answered":                   {fault.Wrap(remote.ErrTemporary, &net.DNSError{Name: "partner.example", IsTimeout: true}), "the server or the network is down"},
		"a server that ends the connection": {fault.Wrap(remote.ErrTemporary, io.EOF), "the server or the network is down"},
	} {
		if got := flow.Sentence(tt.err); !strings.Contains(got, tt.says) {
			t.Errorf("%s: said is %q, want %q", name, got, tt.says)
		}
	}
}

// TestNothingIsTriedTwiceInASentence: the system says again what was tried, with the path.
func TestNothingIsTriedTwiceInASentence(t *testing.T) {
	t.Parallel()
	_, err := os.ReadFile(t.TempDir())
	if err == nil {
		t.Fatal("a folder was read")
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("read file: %w", err), err.Error()},
		{fmt.Errorf("run flow: open spool file: %w", &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrPermission}), "run flow: open /x: permission denied"},
		{fmt.Errorf("open spool file: read record: %w", io.ErrUnexpectedEOF), "open spool file: read record: unexpected EOF"},
		{errors.New("read file: read the first line: it is empty"), "read file: read the first line: it is empty"},
		{errors.New("save state: open file: open /x"), "save state: open /x"},
		{errors.New("read file: read: unexpected EOF"), "read file: read: unexpected EOF"},
		{errors.New("deliver file: deliver users.csv: no"), "deliver file: deliver users.csv: no"},
	} {
		if got := flow.Sentence(tt.err); got != tt.want {
			t.Errorf("%q is said as %q, want %q", tt.err, got, tt.want)
		}
	}
}
