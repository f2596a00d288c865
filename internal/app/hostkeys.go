package app

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"lucca-exchange/internal/remote/sftp"
)

// HostKey is one key that an SSH server shows.
type HostKey = sftp.HostKey

// HostKeys asks an SSH server for its keys, without logging in. The port is 22 unless the
// address has one.
func HostKeys(ctx context.Context, address string) ([]HostKey, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("given up after a minute"))
	defer cancel()
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "22")
	}
	return sftp.HostKeys(ctx, address)
}
