package remotetest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	// ftpServersVariable names the folder that .ci/install-ftp-servers.sh has filled.
	ftpServersVariable = "LUCCA_EXCHANGE_FTP_SERVERS"
	ftpServersFolder   = "/opt/lucca-exchange-ftp-servers"

	// The account of every server: vsftpd's one name that needs no account of the system.
	ftpUser     = "ftp"
	ftpPassword = "canary-4c02"
	// ftpCrypt is the password as crypt(3) stores it (SHA-512).
	ftpCrypt = "$6$lucca$uTO6XjUH/YMMr3K11Xd9egyCIcYFYVwdenqmyDvQVw03oua5bC/zepbccys8sbLCaixmjuclPWQkZEIxmKMYW."

	// ftpAccount is the system's account that the servers act as, and its user and group
	// id: one that Debian always has and whose home exists, which vsftpd wants.
	ftpAccount = "daemon"
	ftpOwner   = 1
)

// FTPServer is a real FTP server, one process per connection.
type FTPServer struct {
	// Addr is host:port, Host and Port its parts.
	Addr, Host string
	Port       int
	User       string
	Password   string
	// Certificate is the server's; nil without TLS.
	Certificate *Certificate
	// Root is the folder on this machine that the account sees as /. Owner is the user id
	// that the server acts as.
	Root  string
	Owner int

	// bin is where the server's package is unpacked, run a folder for its files.
	bin, run string
}

// VSFTPD starts vsftpd with explicit TLS, demanding that data connections resume the
// session. lines are added to its configuration.
func VSFTPD(t testing.TB, lines ...string) *FTPServer {
	t.Helper()
	s := newFTPServer(t, "vsftpd")
	write(t, s.file("passwords"), []byte(s.Password+"\n"))
	config := []string{
		"listen=NO", "seccomp_sandbox=NO", "secure_chroot_dir=" + s.folder(t, "empty"), "nopriv_user=nobody",
		// The anonymous account, with a list of passwords, needs no account of the system.
		"anonymous_enable=YES", "local_enable=NO", "ftp_username=" + ftpAccount, "anon_root=" + s.Root, "allow_writeable_chroot=YES",
		"secure_email_list_enable=YES", "email_password_file=" + s.file("passwords"),
		"write_enable=YES", "anon_upload_enable=YES", "anon_mkdir_write_enable=YES", "anon_other_write_enable=YES",
		"anon_world_readable_only=NO", "anon_umask=022",
		"ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_data_ssl=YES", "force_anon_logins_ssl=YES", "require_ssl_reuse=YES",
		"ssl_ciphers=HIGH", "rsa_cert_file=" + s.Certificate.CertFile, "rsa_private_key_file=" + s.Certificate.KeyFile,
	}
	write(t, s.file("vsftpd.conf"), []byte(strings.Join(append(config, lines...), "\n")+"\n"))
	s.start(t, "usr/sbin/vsftpd", s.file("vsftpd.conf"))
	return s
}

// ProFTPD starts ProFTPD with explicit TLS, which by default demands that data connections
// resume the session. lines are added to its configuration.
func ProFTPD(t testing.TB, lines ...string) *FTPServer {
	t.Helper()
	s := newFTPServer(t, "proftpd")
	id := strconv.Itoa(s.Owner)
	write(t, s.file("passwd"), []byte(s.User+":"+ftpCrypt+":"+id+":"+id+"::"+s.Root+":/bin/sh\n"))
	write(t, s.file("group"), []byte(s.User+":x:"+id+":"+s.User+"\n"))
	config := []string{
		"ModulePath " + filepath.Join(s.bin, "usr/lib/proftpd"), "LoadModule mod_tls.c",
		"ServerType inetd", `ServerName "test"`, "DelayTable none", "WtmpLog off", "UseReverseDNS off",
		"PidFile " + s.file("pid"), "ScoreboardFile " + s.file("scoreboard"), "SystemLog " + s.file("log"), "TransferLog none",
		"AuthOrder mod_auth_file.c", "AuthUserFile " + s.file("passwd"), "AuthGroupFile " + s.file("group"),
		"RequireValidShell off", "User nobody", "Group nogroup", "DefaultRoot " + s.Root, "AllowOverwrite on",
		"TLSEngine on", "TLSRequired on", "TLSVerifyClient off", "TLSRenegotiate none", "TLSLog " + s.file("tls.log"),
		"TLSECCertificateFile " + s.Certificate.CertFile, "TLSECCertificateKeyFile " + s.Certificate.KeyFile,
	}
	write(t, s.file("proftpd.conf"), []byte(strings.Join(append(config, lines...), "\n")+"\n"))
	s.start(t, "usr/sbin/proftpd", "-c", s.file("proftpd.conf"))
	return s
}

// PureFTPD starts Pure-FTPd with explicit TLS on both connections. arguments are added to
// its command line.
func PureFTPD(t testing.TB, arguments ...string) *FTPServer {
	t.Helper()
	s := newFTPServer(t, "pure-ftpd")
	id := strconv.Itoa(s.Owner)
	// Its own way to store a password takes a second to check.
	write(t, s.file("passwd"), []byte(s.User+":"+ftpCrypt+":"+id+":"+id+"::"+s.Root+"/./::::::::::::\n"))
	mkdb := exec.CommandContext(t.Context(), filepath.Join(s.bin, "usr/bin/pure-pw"), "mkdb", s.file("pdb"), "-f", s.file("passwd"))
	if out, err := mkdb.CombinedOutput(); err != nil {
		t.Fatalf("make Pure-FTPd's user database: %v: %s", err, out)
	}
	var both []byte
	for _, file := range []string{s.Certificate.KeyFile, s.Certificate.CertFile} {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, pem...)
	}
	write(t, s.file("both.pem"), both)
	s.start(t, "usr/sbin/pure-ftpd", append([]string{
		"-A", "-E", "-H", "-u", "1", "-C", "100", "-Y", "3", "-2", s.file("both.pem"), "-l", "puredb:" + s.file("pdb"),
	}, arguments...)...)
	return s
}

// newFTPServer skips the test where the server is not installed or the test may not run
// it, except where the environment variable CI is "true": there it fails.
func newFTPServer(t testing.TB, name string) *FTPServer {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	bin := os.Getenv(ftpServersVariable)
	if bin == "" {
		bin = ftpServersFolder
	}
	bin = filepath.Join(bin, name)
	if _, err := os.Stat(filepath.Join(bin, "usr/sbin", name)); err != nil {
		missing("FTP server is missing: run .ci/install-ftp-servers.sh: %v", err)
	}
	if os.Getuid() != 0 {
		missing("FTP servers only run as root")
	}
	// The servers come to their folders as another user: t.TempDir is closed to others.
	run, err := os.MkdirTemp("", "ftp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	if err := os.Chmod(run, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &FTPServer{User: ftpUser, Password: ftpPassword, Owner: ftpOwner, Certificate: NewCertificate(t), bin: bin, run: run}
	s.Root = s.folder(t, "root")
	return s
}

func (s *FTPServer) file(name string) string { return filepath.Join(s.run, name) }

func (s *FTPServer) folder(t testing.TB, name string) string {
	t.Helper()
	path := s.file(name)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Folder makes a folder that the account may write to, and returns its path on the server
// and on this machine.
func (s *FTPServer) Folder(t testing.TB, name string) (dir, folder string) {
	t.Helper()
	parent, err := os.MkdirTemp(s.Root, "")
	if err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(parent, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{parent, folder} {
		if err := os.Chown(path, s.Owner, s.Owner); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimPrefix(folder, s.Root), folder
}

func (s *FTPServer) start(t testing.TB, program string, arguments ...string) {
	t.Helper()
	addr := inetd(t, func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, filepath.Join(s.bin, program), arguments...)
	})
	s.at(addr)
}

func (s *FTPServer) at(addr *net.TCPAddr) {
	s.Addr, s.Host, s.Port = addr.String(), addr.IP.String(), addr.Port
}
