// Package web is what the daemon shows on HTTP: whether it lives (/healthz), whether it
// can work (/readyz), its metrics (/metrics), and the hooks that others send events to
// (POST /hooks/FLOW/TOKEN).
//
// It decides who may ask and how often, and nothing else: what it answers comes from
// State, Readiness and Hooks, which the application implements. Requests are hostile until
// shown otherwise: their bodies, paths and credentials never reach a log, an error or a
// metric.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/pace"
)

// Bounds on connections. A hook of the largest size must come within readBudget.
const (
	headerBudget = 5 * time.Second
	readBudget   = 15 * time.Second
	writeBudget  = 30 * time.Second
	idleBudget   = 2 * time.Minute
	maxHeader    = 16 << 10
	// shutdownGrace is for the requests that are being answered when the daemon ends.
	shutdownGrace = 10 * time.Second
)

// Readiness says whether the daemon can do its work.
type Readiness interface {
	// Ready returns nil, or why not: a Fault or several, joined by errors.Join. They hold no
	// personal data.
	Ready(ctx context.Context) error
}

// Options are what a Server shows. All but Hooks are needed.
type Options struct {
	Logger    *slog.Logger
	Metrics   *Metrics
	State     State
	Readiness Readiness
	// Remarks are what else to know of a daemon that is ready, such as flows that are paused;
	// may be nil. They are for users and for this machine.
	Remarks func(ctx context.Context) []string
	// Accounts keeps sessions and tokens.
	Accounts auth.Store
	// Console are the pages; without, there are none.
	Console func(*auth.Authenticator) (http.Handler, error)
	// API answers below /api/v1/; without, there is none.
	API func(*auth.Authenticator) http.Handler
	// Hooks is nil when no flow has one: /hooks/ is then not found.
	Hooks Hooks
}

// Server is the HTTP side of the daemon.
type Server struct {
	config    Config
	logger    *slog.Logger
	metrics   *Metrics
	state     State
	readiness *readyCheck
	remarks   func(ctx context.Context) []string
	hooks     Hooks
	// hookRate and flowRate are for senders with a right token, strangerRate for the others.
	hookRate     *pace.Limiter[hookSender]
	flowRate     *pace.Limiter[string]
	strangerRate *pace.Limiter[netip.Prefix]
	places       *places
	tally        *tally
	accounts     *auth.Authenticator
	console      http.Handler
	api          http.Handler
	certificate  *certificate
	listener     net.Listener
}

// New makes a server from a configuration that Validate has nothing to say about. It reads
// the certificate, where there is one, and opens nothing yet.
func New(c Config, o Options) (*Server, error) {
	c = c.withDefaults()
	s := &Server{
		config: c, logger: o.Logger, metrics: o.Metrics, state: o.State, readiness: newReadyCheck(o.Readiness, o.Logger), hooks: o.Hooks, remarks: o.Remarks,
		hookRate: pace.New[hookSender](hookPace()), flowRate: pace.New[string](flowPace()),
		strangerRate: pace.New[netip.Prefix](strangerPace()),
		places:       newPlaces(), tally: newTally(o.Logger),
	}
	var err error
	if s.accounts, err = auth.New(c.accounts(), o.Accounts); err != nil {
		return nil, err
	}
	if o.Console != nil {
		if s.console, err = o.Console(s.accounts); err != nil {
			return nil, err
		}
	}
	if o.API != nil {
		s.api = o.API(s.accounts)
	}
	if c.TLS != nil {
		if s.certificate, err = newCertificate(*c.TLS, o.Logger); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Listen opens the port, so that a fault shows before the daemon says that it is ready.
// Connections wait until Serve. After it, Serve or Close is called.
func (s *Server) Listen(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen)
	if err != nil {
		return fmt.Errorf("open web.listen: %w", err)
	}
	s.listener = newGate(l, s.config.maxFromNetwork())
	return nil
}

// Addr is where the server listens, such as 127.0.0.1:8484; empty before Listen.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Serve answers until ctx is done, and then finishes the requests that it has begun,
// within 10 s. It calls Listen unless that was done. Nil means that all ended in order.
func (s *Server) Serve(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	server := s.httpServer(ctx)
	ended := make(chan error, 1)
	go func() {
		if s.certificate != nil {
			ended <- server.ServeTLS(s.listener, "", "")
			return
		}
		ended <- server.Serve(s.listener)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = fmt.Errorf("end requests within %s: %w", shutdownGrace, errors.Join(err, server.Close()))
	}
	s.tally.end(grace)
	if last := <-ended; !errors.Is(last, http.ErrServerClosed) {
		err = errors.Join(err, last)
	}
	return err
}

func (s *Server) httpServer(ctx context.Context) *http.Server {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerBudget, ReadTimeout: readBudget, WriteTimeout: writeBudget, IdleTimeout: idleBudget,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(complaints{s.logger}, "", 0),
		// A hook that is being stored when the daemon ends is stored.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	if s.certificate != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate.get}
	}
	return server
}

// complaints logs what libraries say of requests, mostly of port scans.
type complaints struct{ logger *slog.Logger }

// Write logs one complaint of net/http.
func (c complaints) Write(line []byte) (int, error) {
	c.logger.Debug("request.failed", "err", strings.TrimSpace(string(line)))
	return len(line), nil
}

// Println logs one complaint of promhttp.
func (c complaints) Println(v ...any) {
	c.logger.Error("metrics.failed", "err", strings.TrimSpace(fmt.Sprintln(v...)))
}
