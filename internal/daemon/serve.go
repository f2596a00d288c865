package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"runtime/debug"
	"sync/atomic"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/console"
	"lucca-exchange/internal/web/hooks"
)

// ServeOptions say what a daemon serves.
type ServeOptions struct {
	// First is the instance of the start. Next is that of a changed configuration, on the same
	// store.
	First  Instance
	Next   func(c *config.Config) Instance
	Logger *slog.Logger
	Process
}

// Process is the program around a daemon.
type Process struct {
	// Version and Commit are those of the build, for the metrics.
	Version, Commit string
	// Load reads the configuration again; Reload asks for that.
	Load   func() (*config.Config, error)
	Reload <-chan os.Signal
	// Ready is told once everything is up, with the address of the web server, which is empty
	// where there is none; may be nil.
	Ready func(address string)
	// Guest is let in by a link, of whose path Invite is told: for the demo, whose people are
	// invented.
	Guest  *auth.Account
	Invite func(path string)
}

// server is a daemon that serves.
type server struct {
	ServeOptions
	current    atomic.Pointer[Instance]
	metrics    *web.Metrics
	background *background
	runner     *Runner
	web        *web.Server
	// desk has the files that people and programs bring, dryRuns what they have rehearsed.
	desk    *draft.Desk
	dryRuns *draft.DryRuns
}

// Serve runs every flow when it is due until ctx ends, and then stops in order: runs at work have
// the grace period of the queue to end.
func Serve(ctx context.Context, o ServeOptions) (err error) {
	s := &server{ServeOptions: o, metrics: web.NewMetrics(web.Build{Version: o.Version, Commit: o.Commit}), background: newBackground()}
	s.current.Store(&o.First)
	defer s.background.stop() // the queue has had its grace period by then
	interrupted, err := o.First.Store.Runs().Recover(ctx, flow.Now())
	flow.WarnInterrupted(ctx, o.Logger, interrupted)
	if err != nil {
		return err
	}
	s.runner, err = NewRunner(RunnerOptions{Instance: s.now, Metrics: s.metrics, Logger: o.Logger})
	if err != nil {
		return err
	}
	if err := s.runner.Queue().Join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	defer func() { err = errors.Join(err, s.runner.Queue().Leave()) }()
	s.runner.Declare(o.First.Config)
	address, err := s.listen(ctx)
	if err != nil {
		return err
	}
	return s.run(ctx, address)
}

// now is the instance of the configuration in use.
func (s *server) now() Instance { return *s.current.Load() }

// run keeps everything going until ctx ends, or one part fails.
func (s *server) run(ctx context.Context, address string) error {
	var others []Part
	if s.web != nil {
		others = append(others, Part{Name: "web", Run: s.web.Serve})
	}
	return Run(ctx, Options{
		Parts: s.runner.Parts(others...), Up: s.runner.Started(), Reload: s.Reload, Load: s.reload, Logger: s.Logger,
		Ready: func(ctx context.Context) {
			s.Logger.InfoContext(ctx, "daemon.started", "flows", len(s.now().Config.Flows), "address", address)
			if s.Ready != nil {
				s.Ready(address)
			}
			// What only starting took is given back at once: a daemon is idle most of its life.
			debug.FreeOSMemory()
			forgetStart()
		},
	})
}

// reload takes up a changed configuration. One with a fault changes nothing.
func (s *server) reload(ctx context.Context) error {
	c, err := s.Load()
	if err != nil {
		return fmt.Errorf("the old configuration stays in use: %w", err)
	}
	if old := s.now().Config; c.State != old.State || c.Spool != old.Spool {
		return errors.New("the old configuration stays in use: state and spool cannot change while the daemon runs: restart it")
	}
	if err := s.runner.Queue().Reload(ctx, FlowsOf(c)); err != nil {
		return err
	}
	next := s.Next(c)
	s.current.Store(&next)
	s.runner.Declare(c)
	s.Logger.InfoContext(ctx, "config.loaded", "flows", len(c.Flows))
	if !reflect.DeepEqual(c.Web, s.First.Config.Web) {
		s.Logger.WarnContext(ctx, "web.unchanged", "want", "a restart: listen, tls and users stay as they were at the start")
	}
	return nil
}

// listen makes the web server, where one is configured.
func (s *server) listen(ctx context.Context) (address string, err error) {
	c := s.First.Config.Web
	if c == nil {
		return "", nil
	}
	drafts := draft.Options{Instance: s.drafts, Background: s.background.run, Logger: s.Logger}
	s.desk, s.dryRuns = draft.NewDesk(drafts), draft.NewDryRuns(drafts)
	s.web, err = web.New(*c, web.Options{
		Logger: s.Logger, Metrics: s.metrics, State: s.runner, Readiness: s.runner, Remarks: s.runner.Remarks,
		Accounts: s.First.Store.Accounts(), Console: s.console, API: s.api,
		Hooks: hooks.New(func() hooks.Instance { return s.now().Hooks }, s.runner.Ask),
	})
	if err != nil {
		return "", err
	}
	if err := s.web.Listen(ctx); err != nil {
		return "", err
	}
	return s.web.Addr(), nil
}

// acts are what people do to the instance of now.
func (s *server) acts() programActs {
	return programActs{
		acts: func() acts.Acts { return s.now().Acts }, request: s.runner.Queue().Request,
		background: s.background, logger: s.Logger,
	}
}

func (s *server) inspector() inspect.Inspector { return s.now().Acts.Inspector }
func (s *server) audit() state.Audit           { return s.now().Store.Audit() }

// console makes the pages of the daemon.
func (s *server) console(accounts *auth.Authenticator) (http.Handler, error) {
	texts := message.Load()
	c := s.First.Config
	pages, err := console.New(console.Options{
		Accounts: accounts, Texts: texts, Language: cmp.Or(c.Language, message.English), Zone: c.Zone(), Logger: s.Logger,
		Inspector: s.inspector, Audit: s.audit, Acts: pageActs{s.acts()},
		Drafts: s.desk, DryRuns: s.dryRuns,
		Probe: func(ctx context.Context) []inspect.Probe { return s.now().Probe(ctx) }, Background: s.background.run,
	})
	if err != nil {
		return nil, err
	}
	if s.Guest != nil {
		s.Invite("/signin/link/" + accounts.NewLink(*s.Guest))
	}
	return pages.Handler(), nil
}

// drafts is what files that people bring are looked at with.
func (s *server) drafts() draft.Instance {
	i := s.now()
	return draft.Instance{Config: i.Config, Run: i.Run, Store: i.Store.Drafts(), Record: i.Store.Audit().Append}
}

// api makes what programs ask of the daemon.
func (s *server) api(accounts *auth.Authenticator) http.Handler {
	return api.New(api.Options{
		Accounts: accounts, Logger: s.Logger, Inspector: s.inspector, Audit: s.audit, Acts: s.acts(), Drafts: s.desk, DryRuns: s.dryRuns,
	}).Handler()
}
