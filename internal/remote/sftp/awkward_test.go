package sftp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/secret"
)

// scripted starts a server and returns how to reach a folder of its.
func scripted(t *testing.T, script remotetest.SFTPScript) (sftp.Config, string) {
	t.Helper()
	server, folder := remotetest.ScriptedSFTP(t, script), t.TempDir()
	return at(t, sftp.Config{
		User: "acme", Password: secret.Ref{File: writeFile(t, []byte(password))}, HostKeys: []string{server.Print}, Dir: folder,
	}, server.Addr), folder
}

func plant(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestContractOfScriptedServers: what these servers leave out or refuse is made up for.
func TestContractOfScriptedServers(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]remotetest.SFTPScript{
		"an answer of nothing is the end":            {EmptyEnds: true},
		"a missing path is a failure without reason": {MissingIsFailure: true},
		"a file cannot be opened exclusively":        {NoExclusive: true},
		"files are read in order":                    {InOrder: true},
		"a missing path is a code of version 4":      {MissingCode: 10},
		"a missing path is told in words":            {MissingCode: 4, MissingSays: "The system cannot find the file specified."},
		"attributes have no type":                    {Attributes: 1 | 8},
		"a missing path is told in French":           {MissingCode: 4, MissingSays: "Le fichier spécifié est introuvable."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				c, folder := scripted(t, script)
				return remotetest.Fixture{Remote: sftp.New(c), Folder: folder, Missing: missing(c)}
			})
		})
	}
}

// TestRequestsThatAreNeverAnswered: whatever else the server says meanwhile is no progress.
func TestRequestsThatAreNeverAnswered(t *testing.T) {
	t.Parallel()
	list := func(ctx context.Context, s remote.Session) error { _, err := s.List(ctx, ""); return err }
	stat := func(ctx context.Context, s remote.Session) error { _, err := s.Stat(ctx, "a.csv"); return err }
	get := func(ctx context.Context, s remote.Session) error {
		_, err := s.Download(ctx, "a.csv", io.Discard)
		return err
	}
	put := func(ctx context.Context, s remote.Session) error {
		return s.Upload(ctx, "b.csv", strings.NewReader("abc"), 3)
	}
	for name, tt := range map[string]struct {
		kind byte
		does func(context.Context, remote.Session) error
	}{
		"OPENDIR": {remotetest.SFTPOpenDir, list}, "READDIR": {remotetest.SFTPReadDir, list}, "LSTAT": {remotetest.SFTPStat, stat},
		"OPEN": {remotetest.SFTPOpen, get}, "READ": {remotetest.SFTPRead, get}, "CLOSE of what was read": {remotetest.SFTPClose, get},
		"OPEN to write": {remotetest.SFTPOpen, put}, "WRITE": {remotetest.SFTPWrite, put}, "CLOSE": {remotetest.SFTPClose, put},
		"RENAME": {remotetest.SFTPRename, func(ctx context.Context, s remote.Session) error { return s.Rename(ctx, "a.csv", "b.csv") }},
		"REMOVE": {remotetest.SFTPRemove, func(ctx context.Context, s remote.Session) error { return s.Remove(ctx, "a.csv") }},
		"MKDIR":  {remotetest.SFTPMkdir, func(ctx context.Context, s remote.Session) error { return s.MakeFolder(ctx, "sub") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, folder := scripted(t, remotetest.SFTPScript{Hangs: []byte{tt.kind}})
			plant(t, folder, "a.csv", "abc")
			s := open(t, brief(c))
			if err := tt.does(t.Context(), s); !errors.Is(err, remote.ErrTemporary) {
				t.Errorf("error = %v, want ErrTemporary", err)
			}
		})
	}
	c, _ := scripted(t, remotetest.SFTPScript{Hangs: []byte{remotetest.SFTPInit}})
	c.ConnectTimeout = 300 * time.Millisecond
	if _, err := sftp.New(c).Open(t.Context()); !errors.Is(err, remote.ErrTemporary) {
		t.Errorf("error of Open = %v, want ErrTemporary", err)
	}
}

func TestListingWithoutEnd(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{Endless: true})
	if _, err := open(t, c).List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "the listing does not end") {
		t.Errorf("error = %v", err)
	}
}

// TestServerThatDoesNotSayWhatIsMissing is served by looking into the listing, and told of to whoever
// asks for advice.
func TestServerThatDoesNotSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script remotetest.SFTPScript
		fstat  bool
		want   string
	}{
		"a failure":         {remotetest.SFTPScript{MissingIsFailure: true}, false, "use_fstat: true"},
		"no right":          {remotetest.SFTPScript{MissingCode: 3, MissingSays: "Denied"}, false, "Denied"},
		"by its listing":    {remotetest.SFTPScript{MissingIsFailure: true}, true, ""},
		"as it is to be":    {remotetest.SFTPScript{}, false, ""},
		"in so many words":  {remotetest.SFTPScript{MissingCode: 4, MissingSays: "no such file"}, false, ""},
		"by another number": {remotetest.SFTPScript{MissingCode: 10}, false, ""},
	} {
		c, _ := scripted(t, tt.script)
		c.UseFstat = tt.fstat
		s := open(t, c)
		if _, err := s.Stat(t.Context(), "users.csv"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error = %v, want fs.ErrNotExist", name, err)
		}
		got := s.(interface{ Advice() string }).Advice()
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: advice %q, want %q in it", name, got, tt.want)
		}
	}
}

// TestFoldersOfNoStatedType: a folder counts as no file, and is not removed like one, even by a
// server that removes an empty folder so.
func TestFoldersOfNoStatedType(t *testing.T) {
	t.Parallel()
	for _, attributes := range []uint32{1 | 8, 8, remotetest.NoAttributes} {
		c, folder := scripted(t, remotetest.SFTPScript{Attributes: attributes})
		s := open(t, c)
		if err := os.Mkdir(filepath.Join(folder, "users.csv"), 0o755); err != nil {
			t.Fatal(err)
		}
		if entry, err := s.Stat(t.Context(), "users.csv"); err != nil || entry.Regular {
			t.Errorf("stat = %+v, %v", entry, err)
		}
		if _, err := s.Download(t.Context(), "users.csv", io.Discard); !errors.Is(err, remote.ErrPermission) {
			t.Errorf("error of a download = %v", err)
		}
		if err := s.Remove(t.Context(), "users.csv"); !errors.Is(err, remote.ErrPermission) {
			t.Errorf("error of a removal = %v", err)
		}
		if err := os.Mkdir(filepath.Join(folder, "blind.csv"), 0o755); err != nil {
			t.Fatal(err)
		}
		c.WriteOnly = true // nothing may be looked at
		if err := open(t, c).Remove(t.Context(), "blind.csv"); err == nil {
			t.Error("a folder was removed like a file")
		}
		for _, name := range []string{"users.csv", "blind.csv"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSizeThatIsNotStated: it is not zero, and a file is read to its end.
func TestSizeThatIsNotStated(t *testing.T) {
	t.Parallel()
	c, folder := scripted(t, remotetest.SFTPScript{NoSize: true})
	s, content := open(t, c), strings.Repeat("0123456789", 10_000)
	plant(t, folder, "users.csv", content)
	if entry, err := s.Stat(t.Context(), "users.csv"); err != nil || entry.Size != remote.SizeUnstated || !entry.Holds(5) {
		t.Errorf("stat = %+v, %v", entry, err)
	}
	var got bytes.Buffer
	if n, err := s.Download(t.Context(), "users.csv", &got); err != nil || n != int64(len(content)) || got.String() != content {
		t.Errorf("downloaded %d bytes, %v", n, err)
	}
	if err := s.Upload(t.Context(), "new.csv", strings.NewReader("new"), 3); err != nil {
		t.Error(err)
	}
}

func TestSizeThatIsNotOurs(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{SizePlus: 64})
	err := open(t, c).Upload(t.Context(), "new.csv", strings.NewReader("new"), 3)
	if size, ok := errors.AsType[remote.SizeError](err); !ok || size != (remote.SizeError{Stated: 67, Sent: 3}) {
		t.Errorf("error = %v", err)
	}
}

func TestFileInUse(t *testing.T) {
	t.Parallel()
	c, folder := scripted(t, remotetest.SFTPScript{Busy: 1})
	plant(t, folder, "a.part", "a")
	if err := open(t, c).Rename(t.Context(), "a.part", "a.csv"); !errors.Is(err, remote.ErrBusy) {
		t.Errorf("error = %v, want ErrBusy", err)
	}
}

// TestRefusalsKeepTheServersWords, which the library drops for a lack of permission.
func TestRefusalsKeepTheServersWords(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{NoEmpty: true})
	err := open(t, c).Upload(t.Context(), "a.done", strings.NewReader(""), 0)
	if err == nil || !strings.Contains(err.Error(), `the server says "empty files are not accepted"`) {
		t.Errorf("error = %v", err)
	}
}

func TestGreetingInThePlaceOfSFTP(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{Greeting: "Welcome to ACME\r\n"})
	if _, err := sftp.New(c).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "Welcome to ACME") || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v", err)
	}
}

// TestQuestionsOfTheServer: the one for the password is answered, whether the answer is shown or
// not, and each other has its sentence.
func TestQuestionsOfTheServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rounds [][]string
		want   string // of the error; empty if we are let in
		// instruction comes with the questions.
		instruction string
	}{
		"password":              {[][]string{{"Password: "}}, "", ""},
		"nothing, and password": {[][]string{{}, {"acme's password:"}}, "", ""},
		"user and password":     {[][]string{{"Username: "}, {"Password: "}}, "", ""},
		"a second factor":       {[][]string{{"Password: "}, {"One-time code: "}}, "a second factor", ""},
		"both at once":          {[][]string{{"Password: ", "Verification code: "}}, "a second factor", ""},
		"an expired password":   {[][]string{{"Password: "}, {"Current password: ", "New password: ", "Retype new password: "}}, "the password has expired", ""},
		"the name of a code":    {[][]string{{"Password for acme@barcode.example: "}}, "", ""},
		"in French":             {[][]string{{"Mot de passe : "}}, "", ""},
		"one time, in French":   {[][]string{{"Mot de passe : "}, {"Mot de passe à usage unique : "}}, "a second factor", ""},
		"one time, in German":   {[][]string{{"Kennwort: "}, {"Einmalkennwort: "}}, "a second factor", ""},
		"by text message":       {[][]string{{"Password: "}, {"Enter what we sent by SMS: "}}, "a second factor", ""},
		"a passcode at once":    {[][]string{{"Enter PASSCODE: "}}, "a second factor", ""},
		"a new one at once":     {[][]string{{"You must change your password now: "}}, "the password has expired", ""},
		"a new one, in Spanish": {[][]string{{"Contraseña: "}, {"Nueva contraseña: "}}, "the password has expired", ""},
		"an old one, and PAM":   {[][]string{{"Password: "}, {"(current) UNIX password: "}}, "the password has expired", ""},
		"an old one, in German": {[][]string{{"Kennwort: "}, {"Aktuelles Kennwort: "}}, "the password has expired", ""},
		"an old one, in French": {[][]string{{"Mot de passe : "}, {"Mot de passe actuel : "}}, "the password has expired", ""},
		"a number":              {[][]string{{"Password: "}, {"PIN: "}}, "a second factor", ""},
		"a number at once":      {[][]string{{"Enter your PIN: "}}, "a second factor", ""},
		"a device at once":      {[][]string{{"YubiKey for acme: "}}, "a second factor", ""},
		"a challenge":           {[][]string{{"Password: "}, {"Challenge 3417, response: "}}, "a second factor", ""},
		"a spinning name":       {[][]string{{"Password of the spindle: "}}, "", ""},
		"terms":                 {[][]string{{"Accept (yes/no)? "}}, `asks "Accept (yes/no)?"`, ""},
		"password twice":        {[][]string{{"Password: "}, {"Password: "}}, "the password was refused", ""},
		"expired, it is said":   {[][]string{{}, {"Password: "}, {"Password: "}}, "the password has expired", "Your password has expired. You must change it now."},
		"expired, and let in":   {[][]string{{"Password: "}}, "", "Votre mot de passe expire dans 5 jours"},
	} {
		for _, echo := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c, _ := scripted(t, remotetest.SFTPScript{Login: func(config *ssh.ServerConfig) {
					config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
						for _, questions := range tt.rounds {
							echos := make([]bool, len(questions))
							for i, q := range questions {
								echos[i] = echo || strings.HasPrefix(q, "Username") || strings.HasPrefix(q, "Accept")
							}
							answers, err := ask("", tt.instruction, questions, echos)
							if err != nil {
								return nil, err
							}
							for i, q := range questions {
								if want := map[bool]string{true: "acme", false: password}[strings.HasPrefix(q, "Username")]; answers[i] != want {
									return nil, errors.New("wrong")
								}
							}
						}
						return nil, nil
					}
				}})
				s, err := sftp.New(c).Open(t.Context())
				if err == nil {
					err = s.Close()
				}
				if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, remote.ErrAuth) || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("echo %t: error = %v, want %q", echo, err, tt.want)
				}
			})
		}
	}
}

// TestTrickleEndsWithItsContext: a file that comes byte by byte is progress, and has an end all the
// same.
func TestTrickleEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, folder := scripted(t, remotetest.SFTPScript{Trickle: true})
	c.ConcurrentReads = new(bool)
	plant(t, folder, "users.csv", strings.Repeat("x", 100_000))
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	_, err := open(t, c).Download(ctx, "users.csv", onWrite(func() { cancel(enough) }))
	if !errors.Is(err, enough) {
		t.Errorf("error = %v", err)
	}
}

// onWrite is called for each write.
type onWrite func()

func (f onWrite) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

// TestLongBanner: it is no obstacle, and only its beginning is kept.
func TestLongBanner(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, remotetest.SFTPScript{Login: func(config *ssh.ServerConfig) {
		config.BannerCallback = func(ssh.ConnMetadata) string { return strings.Repeat("Authorized use only. ", 10_000) }
		config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, nil }
	}})
	if banner := open(t, c).Peer().Banner; !strings.HasPrefix(banner, "Authorized use only.") || len(banner) > 1000 {
		t.Errorf("banner of %d bytes", len(banner))
	}
}
