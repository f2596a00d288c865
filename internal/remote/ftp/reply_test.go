package ftp_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
)

type script = map[string]remotetest.FTPScript

// permanent stands for an error that no sentinel is wrapped by.
var errPermanent = errors.New("none of the sentinels")

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if got == nil {
		t.Errorf("no error, want %v", want)
		return
	}
	for _, s := range []error{
		fs.ErrNotExist, fs.ErrExist, errors.ErrUnsupported, remote.ErrAuth, remote.ErrCertificate,
		remote.ErrPermission, remote.ErrNoSpace, remote.ErrTemporary, remote.ErrBadName, remote.ErrSource,
	} {
		if errors.Is(got, s) != errors.Is(want, s) {
			t.Errorf("error = %v; is %v: %t", got, s, !errors.Is(want, s))
		}
	}
	if strings.Contains(got.Error(), "canary") {
		t.Errorf("the password is in the error: %v", got)
	}
}

func TestRefusalsBeforeTheSessionStands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		verb, answer string
		want         error
	}{
		{"CONNECT", "120 Ready in 5 minutes", remote.ErrTemporary},
		{"CONNECT", "421 Too many connections", remote.ErrTemporary},
		{"CONNECT", "500 OOPS: bad configuration", errors.ErrUnsupported},
		{"AUTH", "421 Not now", remote.ErrTemporary},
		{"AUTH", "431 No security resources", remote.ErrTemporary},
		{"AUTH", "500 What?", errPermanent},
		{"AUTH", "530 Log in first", errPermanent},
		{"AUTH", "234 Go on\n220 injected", errPermanent},
		{"USER", "421 Closing", remote.ErrTemporary},
		{"USER", "530 Not you", remote.ErrAuth},
		{"USER", "550 SSL/TLS required", remote.ErrAuth},
		{"USER", "332 Account?", remote.ErrAuth},
		{"PASS", "421 Closing", remote.ErrTemporary},
		{"PASS", "430 Wrong", remote.ErrAuth},
		{"PASS", "530 Login incorrect for canary-77e1", remote.ErrAuth},
		{"PASS", "331 Again?", errPermanent},
		{"PASS", "332 Account?", remote.ErrAuth},
		{"FEAT", "421 Closing", nil},
		{"FEAT", "500 What?", nil},
		{"TYPE", "421 Closing", remote.ErrTemporary},
		{"TYPE", "504 Not binary", errors.ErrUnsupported},
		{"PBSZ", "503 AUTH first", nil},
		{"PBSZ", "421 Closing", remote.ErrTemporary},
		{"PASS", "530 Too many connections", remote.ErrTemporary},
		{"PASS", "530 Too many failed logins", remote.ErrAuth},
		{"PASS", "421 Login incorrect", remote.ErrAuth},
		{"CONNECT", "550 Zu viele Verbindungen", remote.ErrTemporary},
		{"PROT", "534 Not with us", errPermanent},
		{"CWD", "421 Closing", remote.ErrTemporary},
		{"CWD", "450 Busy", remote.ErrTemporary},
		{"CWD", "550 No", fs.ErrNotExist},
		{"CWD", "200 Fine", nil},
	} {
		t.Run(tt.verb+" "+tt.answer, func(t *testing.T) {
			t.Parallel()
			server, c, _ := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{tt.verb: {Answer: tt.answer}}})
			s, err := ftp.New(c).Open(t.Context())
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				_ = s.Close()
				return
			}
			wantError(t, err, tt.want)
			if n := strings.Count(strings.Join(server.Commands(), " "), "PASS"); n > 1 {
				t.Errorf("the password was sent %d times", n)
			}
		})
	}
}

// TestNotReady: a greeting that is none.
func TestNotReady(t *testing.T) {
	t.Parallel()
	for _, mode := range []ftp.Mode{ftp.Plain, ftp.Implicit, ftp.Explicit} {
		_, c, _ := scripted(t, mode, remotetest.FTPOptions{Script: script{"CONNECT": {Answer: "120 Ready in 5 minutes"}}})
		_, err := ftp.New(c).Open(t.Context())
		wantError(t, err, remote.ErrTemporary)
	}
}

// operations are what one may do to a.csv, which exists.
func operations() map[string]func(context.Context, remote.Session) error {
	return map[string]func(context.Context, remote.Session) error{
		"list": func(ctx context.Context, s remote.Session) error { _, err := s.List(ctx, ""); return err },
		"stat": func(ctx context.Context, s remote.Session) error { _, err := s.Stat(ctx, "a.csv"); return err },
		"upload": func(ctx context.Context, s remote.Session) error {
			return s.Upload(ctx, "b.csv", strings.NewReader("abc"), 3)
		},
		"empty": func(ctx context.Context, s remote.Session) error {
			return s.Upload(ctx, "b.csv", strings.NewReader(""), 0)
		},
		"download": func(ctx context.Context, s remote.Session) error {
			_, err := s.Download(ctx, "a.csv", io.Discard)
			return err
		},
		"rename": func(ctx context.Context, s remote.Session) error { return s.Rename(ctx, "a.csv", "b.csv") },
		"remove": func(ctx context.Context, s remote.Session) error { return s.Remove(ctx, "a.csv") },
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	transient := []string{"421 Closing", "425 No data connection", "426 Aborted", "450 Busy", "451 Local error"}
	type refusal struct {
		operation, verb string
		answers         []string
		want            error
	}
	cases := []refusal{
		{"upload", "STOR", []string{"452 Full", "552 Quota"}, remote.ErrNoSpace},
		{"upload", "STOR", []string{"532 Account", "550 No", "553 Bad name"}, remote.ErrPermission},
		{"upload", "STOR", []string{"500 What?", "502 What?"}, errors.ErrUnsupported},
		{"upload", "STOR", []string{"530 Not logged in"}, remote.ErrAuth},
		{"download", "RETR", []string{"550 No"}, remote.ErrPermission},
		{"list", "MLSD", []string{"550 No"}, remote.ErrPermission},
		{"list", "MLSD", []string{"501 What?"}, errPermanent},
		{"remove", "DELE", []string{"550 No", "553 No"}, remote.ErrPermission},
		{"remove", "DELE", []string{"502 What?"}, errors.ErrUnsupported},
		{"rename", "RNFR", []string{"550 No", "553 No"}, remote.ErrPermission},
		{"rename", "RNTO", []string{"550 No", "553 Bad name"}, remote.ErrPermission},
		{"rename", "RNTO", []string{"502 What?"}, errors.ErrUnsupported},
	}
	for operation, verbs := range map[string][]string{
		"list": {"EPSV", "MLSD"}, "upload": {"SIZE", "STOR"}, "download": {"MLST", "RETR"}, "stat": {"MLST"},
		"remove": {"DELE"}, "rename": {"RNFR", "RNTO"},
	} {
		for _, verb := range verbs {
			if verb == "EPSV" || verb == "MLST" {
				continue // another command does as well
			}
			cases = append(cases, refusal{operation, verb, transient, remote.ErrTemporary})
		}
	}
	for _, tt := range cases {
		for _, answer := range tt.answers {
			t.Run(tt.operation+"/"+tt.verb+" "+answer, func(t *testing.T) {
				t.Parallel()
				_, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{tt.verb: {Answer: answer}}})
				plant(t, folder, "a.csv", "abc")
				wantError(t, operations()[tt.operation](t.Context(), open(t, c)), tt.want)
				if got := content(t, folder, "a.csv"); got != "abc" {
					t.Errorf("a.csv holds %q", got)
				}
			})
		}
	}
}

func plant(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, folder, name string) string {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// TestRefusalsAfterTheTransfer: what is done is decided by the size, unless the server says
// that it failed.
func TestRefusalsAfterTheTransfer(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"upload", "empty", "download"} {
		for answer, want := range map[string]error{
			"226 Done": nil, "250 Done": nil, "200 Done": nil, "426 Aborted": nil,
			"421 Closing": remote.ErrTemporary, "425 No": remote.ErrTemporary, "450 Busy": remote.ErrTemporary, "451 Error": remote.ErrTemporary,
			"452 Full": remote.ErrNoSpace, "552 Quota": remote.ErrNoSpace, "550 No": remote.ErrPermission, "553 No": remote.ErrPermission,
		} {
			if answer == "425 No" || answer[0] == '5' && operation == "download" {
				continue
			}
			t.Run(operation+" "+answer, func(t *testing.T) {
				t.Parallel()
				_, c, folder := scripted(t, ftp.Explicit, remotetest.FTPOptions{Script: script{"STOR": {After: answer}, "RETR": {After: answer}}})
				plant(t, folder, "a.csv", "abc")
				err := operations()[operation](t.Context(), open(t, c))
				if want == nil && err == nil {
					return
				}
				wantError(t, err, want)
			})
		}
	}
}
