package web

import (
	"errors"
	"net/http"

	"lucca-exchange/internal/web/auth"
)

// guard lets only those through who may look, for programs that speak Basic or Bearer.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := s.accounts.Account(r)
		var wait *auth.WaitError
		switch {
		case err == nil && who.Views():
			next.ServeHTTP(w, r)
		case errors.As(err, &wait):
			answerLater(w, http.StatusTooManyRequests, wait.Wait, "too many wrong passwords")
		case !s.config.closed():
			answer(w, http.StatusForbidden, "this is open to requests from this machine only: configure web.users, and web.proxy behind a proxy")
		case err == nil || errors.Is(err, auth.ErrStranger):
			w.Header().Set("WWW-Authenticate", `Basic realm="lucca-exchange", charset="UTF-8"`)
			answer(w, http.StatusUnauthorized, "sign in")
		default:
			s.logger.ErrorContext(r.Context(), "account.unknown", "route", r.Pattern, "err", err)
			answer(w, http.StatusServiceUnavailable, "the state cannot be read: see the log")
		}
	})
}

// insider tells whether a request may hear why the daemon is not well: from a user, or from
// this machine. Behind a proxy, which may stand on it, only from a user.
func (s *Server) insider(r *http.Request) bool {
	if s.accounts.Near(r) {
		return true
	}
	who, err := s.accounts.Account(r)
	return err == nil && who.Views() && who.Via != auth.Loopback
}
