package app

import (
	"context"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/notify/mail"
	"lucca-exchange/internal/notify/ping"
	"lucca-exchange/internal/notify/webhook"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/sftp"
)

// Registry is who is who: everything that a configuration may name, one line each.
func Registry() config.Registry {
	return config.Registry{
		Transports: []config.Transport{
			config.NewTransport("sftp", sftp.Config{}, sftp.New),
			config.NewTransport("ftpes", ftp.Config{Mode: ftp.Explicit}, ftp.New),
			config.NewTransport("ftps", ftp.Config{Mode: ftp.Implicit}, ftp.New),
			config.NewTransport("ftp", ftp.Config{Mode: ftp.Plain}, ftp.New),
			config.NewTransport("dir", dir.Config{}, dir.New),
		},
		Sources: []config.Source{
			config.NewSource(flatchr.Source, flatchr.Config{}, flatchr.New),
			config.NewSource("arca24", generic.Config{}, generic.New), // sends our JSON, having no public interface
			config.NewSource("generic", generic.Config{}, generic.New),
		},
		Channels: []config.Channel{
			config.NewChannel("email", mail.New),
			config.NewChannel("webhook", webhook.New),
			config.NewChannel("ping", ping.New).Following(),
		},
	}
}

// HostKey is one key that an SSH server shows.
type HostKey = sftp.HostKey

// HostKeys is sftp.HostKeys.
func HostKeys(ctx context.Context, address string) ([]HostKey, error) {
	return sftp.HostKeys(ctx, address)
}
