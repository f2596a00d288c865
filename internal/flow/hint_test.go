package flow_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

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
