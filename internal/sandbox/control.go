package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// control adds the routes that steer a sandbox in another process. They need no key:
// there is nothing in here but an invented company.
func (t *Tenant) control(mux *http.ServeMux) {
	mux.HandleFunc("POST /_sandbox/faults", t.postFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		t.Heal()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/requests", func(w http.ResponseWriter, _ *http.Request) {
		successOf(struct {
			Total    int            `json:"total"`
			Requests []RequestCount `json:"requests"`
		}{t.RequestTotal(), t.Requests()}).send(w)
	})
	mux.HandleFunc("DELETE /_sandbox/requests", func(w http.ResponseWriter, _ *http.Request) {
		t.ResetRequests()
		w.WriteHeader(http.StatusNoContent)
	})
}

// postFaults takes one fault or a list of them.
func (t *Tenant) postFaults(w http.ResponseWriter, r *http.Request) {
	list, err := readFaults(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = t.Inject(list...)
	}
	if err != nil {
		failure(r.URL.Path, http.StatusBadRequest, err.Error()).send(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func readFaults(r io.Reader) ([]Fault, error) {
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read faults: %w", err)
	}
	body = bytes.TrimSpace(body)
	if !bytes.HasPrefix(body, []byte("[")) {
		body = append(append([]byte("["), body...), ']')
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var list []Fault
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("read faults: %w", err)
	}
	return list, nil
}

const (
	readTimeout     = 30 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 5 * time.Second
)

// Serve answers requests on l, which it closes, until ctx ends. It then lets requests
// finish for a few seconds and returns nil.
func (t *Tenant) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler: t, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- s.Shutdown(grace)
	})
	err := s.Serve(l)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve sandbox on %q: %w", l.Addr(), err)
	}
	if err := <-stopped; err != nil {
		return errors.Join(fmt.Errorf("stop sandbox on %q: %w", l.Addr(), err), s.Close())
	}
	return nil
}
