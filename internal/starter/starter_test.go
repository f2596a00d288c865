package starter_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/starter"
)

var trial = starter.Answers{Profile: "skillup", Trial: starter.Trial{URL: "http://127.0.0.1:8480", Key: "invented"}}

// TestAFirstConfigurationIsWritten beside a key that nobody else can read; that it is right, a
// script of the command init tells.
func TestAFirstConfigurationIsWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	written, err := starter.Write(dir, trial)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{written.Configuration, written.Key} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	text, err := os.ReadFile(written.Configuration)
	if err != nil || !strings.Contains(string(text), "lucca-api-key") {
		t.Errorf("the configuration does not name the key: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "out", "skillup")); err != nil || !info.IsDir() {
		t.Errorf("the folder of the flow: %v", err)
	}
}

// TestNothingIsOverwritten of what is there, nor is anything written beside it.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	for _, there := range []string{"lucca-exchange.yaml", "secrets/lucca-api-key"} {
		dir := t.TempDir()
		path := filepath.Join(dir, there)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := starter.Write(dir, trial); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", there, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: folders were made: %v", there, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
			t.Errorf("%s is %q, %v", there, b, err)
		}
	}
}

// TestCommentsAreInTheLanguageAndNothingElseIs: without its comments a configuration is the same in
// every language, and what stands in comments to be switched on has the same keys.
func TestCommentsAreInTheLanguageAndNothingElseIs(t *testing.T) {
	t.Parallel()
	sftp := &starter.Server{Type: "sftp", Host: "x.example", Port: 2222, User: "me", Dir: "/in"}
	for name, server := range map[string]*starter.Server{"folder": nil, "sftp": sftp, "ftps": {Type: "ftps", Host: "x.example", User: "me", Dir: "/"}} {
		written := func(l message.Language) string {
			a := trial
			a.Server, a.Language = server, l
			if server != nil {
				a.Tenant = "https://acme.ilucca.net"
			}
			w, err := starter.Write(t.TempDir(), a)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(w.Configuration)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		english := written("")
		for _, l := range []message.Language{message.French, message.German} {
			told := strings.Replace(written(l), "language: "+string(l), "", 1)
			if got, want := withoutComments(told), withoutComments(english); got != want {
				t.Errorf("%s in %s:\n%s\nwant\n%s", name, l, got, want)
			}
			if got, want := offeredKey.FindAllString(told, -1), offeredKey.FindAllString(english, -1); !slices.Equal(got, want) {
				t.Errorf("%s in %s offers %q, want %q", name, l, got, want)
			}
			if m := englishWord.FindString(told); m != "" {
				t.Errorf("%s in %s has the English word %q", name, l, m)
			}
		}
	}
}

var (
	// comment is one to the end of a line; offeredKey what somebody may switch on by taking its sign
	// away; englishWord a word that no other language has.
	comment     = regexp.MustCompile(`(?m)[ \t]*#.*$`)
	offeredKey  = regexp.MustCompile(`(?m)^ *# +[a-z_-]+:(?: |$)`)
	englishWord = regexp.MustCompile(`\b(the|is|are|with|which|that|and|of|your|not|once|them)\b`)
)

func withoutComments(text string) string {
	return strings.Join(strings.Fields(comment.ReplaceAllString(text, "")), " ")
}

// TestServiceReachesItsConfiguration in a folder that root makes for it, which nobody else may read.
func TestServiceReachesItsConfiguration(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root: nothing can be given to another account")
	}
	dir := filepath.Join(t.TempDir(), "etc")
	a := trial
	a.Owner, a.Home = &starter.Owner{UID: 4711, GID: 4712}, t.TempDir()
	if err := os.Mkdir(dir, 0o700); err != nil { // as by hand, under a umask of 077
		t.Fatal(err)
	}
	written, err := starter.Write(dir, a)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "drwxr-x--- 0 4712", written.Configuration: "-rw------- 4711 4712"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		s := info.Sys().(*syscall.Stat_t)
		if got := fmt.Sprint(info.Mode(), " ", s.Uid, " ", s.Gid); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
