package inspect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
)

// remote tries to log in, and in the folder what the flows do there.
func (p Prober) remote(ctx context.Context, name string) Probe {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errGaveUp)
	defer cancel()
	out := Probe{Name: name, Address: p.Config.Remotes[name].Address}
	to, _ := p.Config.Target(name)
	session, err := to.Remote.Open(ctx)
	if errors.Is(err, fs.ErrNotExist) && to.Options.CreateDir {
		out.OK, out.Message = true, "logged in; the folder does not exist yet: the first delivery creates it"
		return out
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fault.Wrap(delivery.ErrNoFolder, err)
		}
		out.Message = p.Sentence(err)
		return out
	}
	peer := session.Peer()
	out.Address, out.Protocol, out.Key, out.Banner = peer.Address, peer.Protocol, peer.Key, peer.Banner
	if peer.Security != "" {
		out.Protocol += " (" + peer.Security + ")"
	}
	done, err := p.folder(ctx, session, to)
	if err = errors.Join(err, session.Close()); err != nil {
		out.Message = p.Sentence(err)
		return out
	}
	out.OK, out.Message = true, done
	if peer.Banner != "" {
		out.Message += fmt.Sprintf("; it says %q", peer.Banner)
	}
	if peer.Warning != "" {
		out.Message += "; warning: " + peer.Warning
	}
	if a, ok := session.(adviser); ok && a.Advice() != "" {
		out.Message += "; advice: " + a.Advice()
	}
	return out
}

// adviser is a session that finds out what can be set better.
type adviser interface{ Advice() string }

// folder lists the folder, and tries there what the flows do.
func (p Prober) folder(ctx context.Context, s remote.Session, to delivery.Target) (string, error) {
	if to.WriteOnly {
		return "logged in; a write-only folder is not tried any further, since a file could not be taken back", nil
	}
	entries, err := s.List(ctx, "")
	if err != nil && !errors.Is(err, remote.ErrBadName) {
		return "", fmt.Errorf("list the folder: %w", err)
	}
	listed := fmt.Sprintf("entries in the folder: %d", len(entries))
	if err != nil {
		listed += " and some with unusable names"
	}
	for _, try := range p.tries(to) {
		done, err := try(ctx, s)
		if err != nil {
			return "", err
		}
		listed += "; " + done
	}
	return listed, nil
}

// tries are what the flows do with a remote: deliver, or pick up and put away.
func (p Prober) tries(to delivery.Target) []func(context.Context, remote.Session) (string, error) {
	run := run.NewID(time.Now())
	var delivers, picksUp bool
	for _, f := range p.Config.Flows {
		delivers = delivers || f.To == to.Name
		picksUp = picksUp || f.From == to.Name && !f.Pickup.Keep
	}
	var probes []func(context.Context, remote.Session) (string, error)
	if delivers {
		probes = append(probes, func(ctx context.Context, s remote.Session) (string, error) {
			return delivery.Probe(ctx, s, to.Options, run)
		})
	}
	if picksUp {
		probes = append(probes, func(ctx context.Context, s remote.Session) (string, error) {
			return pickup.Probe(ctx, s, pickup.Source{RetryWait: to.Options.RetryWait}, run)
		})
	}
	return probes
}
