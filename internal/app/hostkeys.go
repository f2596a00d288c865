package app

import (
	"context"

	"lucca-exchange/internal/remote/sftp"
)

// HostKey is one key that an SSH server shows.
type HostKey = sftp.HostKey

// HostKeys is sftp.HostKeys.
func HostKeys(ctx context.Context, address string) ([]HostKey, error) {
	return sftp.HostKeys(ctx, address)
}
