package app

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/console"
)

// console makes the pages of the daemon.
func (d *Daemon) console(accounts *auth.Authenticator) (http.Handler, error) {
	texts, err := message.Load()
	if err != nil {
		return nil, err
	}
	c := d.app.Load().config
	zone, err := time.LoadLocation(cmp.Or(c.Timezone, "Europe/Paris"))
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	pages, err := console.New(console.Options{
		Accounts: accounts, Texts: texts, Language: cmp.Or(c.Language, message.English), Zone: zone, Logger: d.logger,
	})
	if err != nil {
		return nil, err
	}
	return pages.Handler(), nil
}
