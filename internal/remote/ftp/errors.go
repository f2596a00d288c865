package ftp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// Reply codes that mean more than their first digit (RFC 959, section 4.2; 522 from
// RFC 2428, which servers use for TLS on the data connection).
const (
	codeNotAvailable   = 421
	codeNoData         = 425
	codeAborted        = 426
	codeBadLogin       = 430
	codeBusy           = 450
	codeLocalError     = 451
	codeNoStorage      = 452
	codeUnknown        = 500
	codeBadArgument    = 501
	codeNotImplemented = 502
	codeBadParameter   = 504
	codeNeedAccount    = 332
	codeNotLoggedIn    = 530
	codeStoreAccount   = 532
	codeNoSession      = 522
	codeUnavailable    = 550
	codeQuota          = 552
	codeBadName        = 553
)

var (
	errConnectTimeout = fault.Of(remote.ErrTemporary, "no login within the connect timeout")
	// errSilent: not even a greeting came.
	errSilent = fault.Of(remote.ErrTemporary, "the server says nothing: one that waits for TLS from the start wants type ftps, at port 990 as a rule")
	// errSessionReuse is permanent until someone changes the server.
	errSessionReuse = errors.New("the server demands that data connections resume the TLS session, but gives no session ticket for it: " +
		"ask its operator for TLSSessionTickets on, or for TLSOptions NoSessionReuseRequired (ProFTPD), or for TLS 1.3")
)

// reply is what a server answered. Its text may have several lines.
type reply struct {
	code int
	text string
	// said is the code as it came, where code is what it means.
	said int
}

// about is an answer to a command as it is meant: some servers say by a code of what passes that there
// is no such file, or that the name is taken.
func (r reply) about(verb string) reply {
	if r.code <= codeBadLogin || r.code >= codeNoStorage || remote.InUse.In(r.text) {
		return r
	}
	means := false
	switch verb {
	case "SIZE", "MDTM", "MLST", "CWD", "RNFR", "DELE", "RETR":
		means = r.says(remote.Missing, remote.Denied)
	case "RNTO", "MKD", "STOR":
		means = remote.Existing.In(r.text)
	}
	if means {
		r.code, r.said = codeUnavailable, r.code
	}
	return r
}

// maxText bounds what is repeated of an answer, in bytes.
const maxText = 200

func (r reply) Error() string {
	text := strings.Join(strings.Fields(r.text), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return fmt.Sprintf("the server answered %d %q", cmp.Or(r.said, r.code), text)
}

// replyOf returns the refusal that err holds.
func replyOf(err error) (reply, bool) { return errors.AsType[reply](err) }

// answered tells whether err is an answer with one of codes.
func answered(err error, codes ...int) bool {
	r, ok := replyOf(err)
	return ok && slices.Contains(codes, r.code)
}

// permanent marks an answer whose code does not say what it means here.
type permanent struct{ reply }

// unsupported tells whether the server does not know a command.
func unsupported(err error) bool {
	return answered(err, codeUnknown, codeNotImplemented, codeBadParameter)
}

// local marks an error of this side, which says nothing about the server.
type local struct{ error }

func (l local) Unwrap() error { return l.error }

// classify adds the sentinel that callers branch on. An error without one is a refusal that
// would be repeated, or a breach of the protocol.
func classify(err error) error {
	if _, ours := errors.AsType[local](err); ours || err == nil || errors.Is(err, remote.ErrSource) {
		return err
	}
	for _, known := range []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported, remote.ErrCertificate, remote.ErrAuth, remote.ErrLoginCut, remote.ErrBadName,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary, errSessionReuse,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	if refusal := certificateError(err); refusal != nil {
		return refusal
	}
	if refusesUs(err) {
		return fault.Of(remote.ErrAuth, "by its client certificate, or the lack of one: %w", err)
	}
	if r, ok := replyOf(err); ok {
		if sentinel := r.sentinel(); sentinel != nil {
			return fault.Wrap(sentinel, err)
		}
		return err
	}
	if isNetwork(err) && (!isAlert(err) || isAlert(err, alertInternalError)) {
		return fault.Wrap(remote.ErrTemporary, err)
	}
	return err
}

func (r reply) sentinel() error {
	switch {
	case r.crowded():
		return remote.ErrTemporary
	case r.code >= 400 && r.says(remote.Full):
		return remote.ErrNoSpace
	case r.busy():
		return remote.ErrBusy
	}
	switch r.code {
	case codeBadLogin, codeNotLoggedIn, codeNeedAccount:
		return remote.ErrAuth
	case codeNoStorage, codeQuota:
		return remote.ErrNoSpace
	case codeUnavailable, codeBadName, codeStoreAccount:
		return remote.ErrPermission
	case codeUnknown, codeNotImplemented, codeBadParameter:
		return errors.ErrUnsupported
	case 120: // the server will be ready in some minutes
		return remote.ErrTemporary
	}
	// 421, 425, 426, 450, 451 and what else servers call transient, such as a full disk by
	// 451 (vsftpd, Pure-FTPd).
	if r.code >= 400 && r.code < 500 {
		return remote.ErrTemporary
	}
	return nil
}

// isNetwork tells whether the connection broke or was silent.
func isNetwork(err error) bool { return remote.Broken(err) || errors.Is(err, context.Canceled) }
