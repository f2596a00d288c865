package sftp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// Status codes of SFTP: those up to 8 are version 3's (draft-ietf-secsh-filexfer-02,
// section 7); the others come from later versions, and some servers send them anyway.
const (
	statusEOF              = 1
	statusPermissionDenied = 3
	statusFailure          = 4
	statusBadMessage       = 5
	statusNoConnection     = 6
	statusConnectionLost   = 7
	statusUnsupported      = 8
	statusNoSuchPath       = 10
	statusExists           = 11
	statusWriteProtect     = 12
	statusNoSpace          = 14
	statusQuota            = 15
	statusLockConflict     = 17
	statusBadName          = 20
	statusInvalidParameter = 23
)

// refusal is an answer of the server in its own words, as far as it has any.
type refusal struct {
	*sftp.StatusError
	words string
}

// Error quotes the server.
func (r refusal) Error() string {
	switch strings.ToLower(strings.Trim(r.words, " .!")) {
	case "", "failure", "error", "permission denied", "access denied":
		return "the server gives no reason"
	}
	return fmt.Sprintf("the server says %q", r.words)
}

// Unwrap returns the status.
func (r refusal) Unwrap() error { return r.StatusError }

// wordsOf is what a server says in a status, on one line.
func wordsOf(status *sftp.StatusError) string {
	quoted, _ := strconv.QuotedPrefix(strings.TrimPrefix(status.Error(), "sftp: "))
	words, err := strconv.Unquote(quoted)
	if err != nil {
		return ""
	}
	return remote.Line(words)
}

// local marks an error of this side, which says nothing about the server.
type local struct{ error }

func (l local) Unwrap() error { return l.error }

// classify adds the sentinel that callers branch on. An error without one is a refusal
// that would be repeated, or a breach of the protocol.
func classify(err error) error {
	if _, ours := errors.AsType[local](err); ours || err == nil || errors.Is(err, remote.ErrSource) {
		return err
	}
	for _, known := range []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	sentinel := sentinelOf(err)
	//nolint:errorlint // one that is wrapped says more than the server's words alone
	if status, ok := err.(*sftp.StatusError); ok {
		err = refusal{status, wordsOf(status)}
	}
	if sentinel == nil {
		return err
	}
	return fault.Wrap(sentinel, err)
}

func sentinelOf(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return remote.ErrPermission
	}
	status, ok := errors.AsType[*sftp.StatusError](err)
	if !ok {
		if isNetwork(err) {
			return remote.ErrTemporary
		}
		return nil
	}
	words := wordsOf(status)
	switch status.Code {
	case statusLockConflict:
		return remote.ErrBusy
	case statusNoConnection, statusConnectionLost:
		return remote.ErrTemporary
	case statusUnsupported:
		return errors.ErrUnsupported
	case statusNoSuchPath:
		return fs.ErrNotExist
	case statusExists:
		return fs.ErrExist
	case statusWriteProtect:
		if remote.InUse.In(words) {
			return remote.ErrBusy
		}
		return remote.ErrPermission
	case statusNoSpace, statusQuota:
		return remote.ErrNoSpace
	case statusBadName:
		return remote.ErrBadName
	case statusFailure:
		return sentinelOfWords(words)
	}
	return nil
}

// sentinelOfWords reads what some servers put beside the code that says nothing.
func sentinelOfWords(words string) error {
	words = strings.ToLower(words)
	switch {
	case remote.Full.In(words):
		return remote.ErrNoSpace
	case remote.InUse.In(words):
		return remote.ErrBusy
	case remote.Existing.In(words):
		return fs.ErrExist
	case remote.Missing.In(words):
		return fs.ErrNotExist
	case remote.Denied.In(words) || says(words, "not authorized", "unauthorized", "read-only", "read only"):
		return remote.ErrPermission
	case remote.Crowded(words):
		return remote.ErrTemporary
	case says(words, "not supported", "unsupported", "not implemented"):
		return errors.ErrUnsupported
	}
	return nil
}

func says(words string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(words, phrase) })
}

// failed tells whether the server refused without a reason.
func failed(err error) bool {
	status, ok := errors.AsType[*sftp.StatusError](err)
	return ok && status.Code == statusFailure
}

// answered tells whether err is the server's answer, after which the connection is good
// for more.
func answered(err error) bool {
	_, status := errors.AsType[*sftp.StatusError](err)
	return status || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// isNetwork tells whether the connection broke or was silent.
func isNetwork(err error) bool {
	return remote.Broken(err) || errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, sftp.ErrSSHFxNoConnection)
}

// classifyOpen is classify for the time before a session stands.
func classifyOpen(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	refused, ok := errors.AsType[*ssh.OpenChannelError](err)
	// A jump host answers that the connection failed when it cannot reach the server.
	if ok && (refused.Reason == ssh.ResourceShortage || refused.Reason == ssh.ConnectionFailed) {
		return fault.Wrap(remote.ErrTemporary, err)
	}
	return classify(err)
}
