package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/state"
)

// overtaken refuses to send a held file when something newer of its flow lies on the remote that
// the store knows nothing of: the state may be an older copy, put back without a trace. What a
// partner takes away at once, or does not let us list, it cannot see.
func (x *exportRun) overtaken(ctx context.Context) (err error) {
	if err := x.fromBefore(ctx); err != nil {
		return err
	}
	target := x.app.target(x.flow.To)
	if target.WriteOnly {
		return nil
	}
	session, err := target.Remote.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	entries, err := session.List(ctx)
	if err != nil && !remote.Definite(err) {
		return err
	}
	// Some listings tell the minute and no more.
	ours, since := x.nameOf(), x.run.StartedAt.Truncate(time.Minute)
	for _, e := range entries {
		if !e.Regular || !ours.MatchString(e.Name) || e.ModTime.Before(since) {
			continue
		}
		known, err := x.delivered(ctx, session, e)
		if err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("%w: %q on the remote is newer than run %s, and not known here: reject run %s, and run the flow again: %w",
				ErrUsage, e.Name, x.run.ID, x.run.ID, ErrSuperseded)
		}
	}
	return nil
}

// nameOf matches the names that files of the flow have.
func (x *exportRun) nameOf() *regexp.Regexp {
	name := regexp.QuoteMeta(x.flow.Wrap.Name(x.flow.File))
	for placeholder, text := range map[string]string{"date": `\d{8}`, "time": `\d{6}`, "flow": regexp.QuoteMeta(x.run.Flow)} {
		name = strings.ReplaceAll(name, `\{`+placeholder+`\}`, text)
	}
	return regexp.MustCompile(`^` + name + `$`)
}

// delivered reports whether a file on the remote is the one that was delivered under its name.
func (x *exportRun) delivered(ctx context.Context, session remote.Session, e remote.Entry) (bool, error) {
	last, err := x.app.store.DeliveredAs(ctx, x.run.Flow, e.Name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return false, nil
	case err != nil || !e.Holds(last.Bytes):
		return false, err
	}
	sum := sha256.New()
	if _, err := session.Download(ctx, e.Name, sum); remote.Definite(err) {
		return true, nil // it may not be read
	} else if err != nil {
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == last.SHA256, nil
}
