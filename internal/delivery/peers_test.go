package delivery_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/secret"
)

// peerSite is a server, and how each of the programs reaches its folder.
type peerSite struct {
	remote remote.Remote
	// folder is the server's on this machine.
	folder string
	// rclone is the target, with its options before it; lftp are commands that connect.
	rclone []string
	lftp   string
	// openssh is the command that runs OpenSSH's sftp; none over FTP.
	openssh []string
}

// BenchmarkUploadPeers delivers 100 MiB by this package, by rclone, lftp and OpenSSH's sftp, side by side:
// to OpenSSH and to vsftpd, on loopback and with round trips of 40 ms. Connecting is included,
// and so are hashing the file while it is sent, the temporary name and the rename, which lftp does
// without. Each round runs every program once, so that whatever else the machine does falls on all
// of them; the median of each is reported, in milliseconds.
func BenchmarkUploadPeers(b *testing.B) {
	for _, program := range []string{"rclone", "lftp"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skipf("%v: install the package %s", err, program)
		}
	}
	content := make([]byte, 100<<20)
	file := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(content)
	for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
		for protocol, site := range peerSites(b, delay) {
			programs := site.programs(delivery.Request{
				To: delivery.Target{Name: "peer", Remote: site.remote}, Run: "r1", Flow: "peer", Name: name,
				Path: file, Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
			})
			b.Run(fmt.Sprintf("%s/%s", protocol, 2*delay), func(b *testing.B) {
				took := map[string][]time.Duration{}
				for b.Loop() {
					for program, upload := range programs {
						start := time.Now()
						if err := upload(b.Context()); err != nil {
							b.Fatalf("%s: %v", program, err)
						}
						took[program] = append(took[program], time.Since(start))
						if err := os.Remove(filepath.Join(site.folder, name)); err != nil {
							b.Fatal(err)
						}
					}
				}
				for program, all := range took {
					slices.Sort(all)
					b.ReportMetric(float64(all[len(all)/2].Milliseconds()), program+"-ms")
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// programs are the ways to upload the file of a request.
func (p peerSite) programs(r delivery.Request) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"ours": func(ctx context.Context) error {
			r.Journal = &journal{}
			_, err := delivery.Deliver(ctx, r)
			return err
		},
		"rclone": func(ctx context.Context) error {
			return output(exec.CommandContext(ctx, "rclone", append([]string{"--config", "", "copy", r.Path}, p.rclone...)...))
		},
		"lftp": func(ctx context.Context) error {
			return output(exec.CommandContext(ctx, "lftp", "-c", lftpSettings+p.lftp+"; put "+r.Path))
		},
	}
	if len(p.openssh) > 0 {
		all["openssh"] = func(ctx context.Context) error {
			cmd := exec.CommandContext(ctx, p.openssh[0], p.openssh[1:]...)
			cmd.Stdin = strings.NewReader("put " + r.Path + " " + p.folder + "/\n")
			return output(cmd)
		}
	}
	return all
}

const lftpSettings = "set cmd:fail-exit yes; set net:max-retries 1; set xfer:log no; set ftp:ssl-allow yes; set ssl:verify-certificate no; set sftp:auto-confirm yes; "

// peerSites are servers of each protocol. FTP over TLS is there without a delay only: what
// delays must read the port of the data connection.
func peerSites(b *testing.B, delay time.Duration) map[string]peerSite {
	b.Helper()
	sites := map[string]peerSite{"sftp": sftpPeer(b, delay), "ftp": ftpPeer(b, delay, ftp.Plain)}
	if delay == 0 {
		sites["ftpes"] = ftpPeer(b, 0, ftp.Explicit)
	}
	return sites
}

func sftpPeer(b *testing.B, delay time.Duration) peerSite {
	b.Helper()
	server := remotetest.OpenSSH(b)
	proxy := remotetest.NewProxy(b, server.Addr)
	proxy.Break(remotetest.Fault{Delay: delay})
	addr := server.Addr
	if delay > 0 {
		addr = proxy.Addr()
	}
	host, port := splitAddr(b, addr)
	options := "-i " + server.KeyFile + " -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
	connect := "ssh -a -x " + options
	return peerSite{
		remote: sftp.New(sftp.Config{
			Host: host, Port: port, User: server.User, Dir: server.Folder,
			PrivateKey: secret.Ref{File: server.KeyFile}, HostKeys: server.Prints(),
		}),
		folder: server.Folder,
		rclone: []string{
			"--sftp-host", host, "--sftp-port", strconv.Itoa(port), "--sftp-user", server.User, "--sftp-key-file", server.KeyFile,
			"--sftp-disable-hashcheck", ":sftp:" + server.Folder,
		},
		lftp: fmt.Sprintf(`set sftp:connect-program "%s"; open -u %s,none sftp://%s:%d%s`, connect, server.User, host, port, server.Folder),
		openssh: slices.Concat([]string{"sftp", "-q", "-b", "-"}, strings.Fields(options),
			[]string{"-P", strconv.Itoa(port), server.User + "@" + host}),
	}
}

func ftpPeer(b *testing.B, delay time.Duration, mode ftp.Mode) peerSite {
	b.Helper()
	var lines []string
	if mode == ftp.Plain {
		lines = []string{"ssl_enable=NO"}
	}
	server := remotetest.VSFTPD(b, lines...)
	addr := server.Addr
	if delay > 0 {
		addr = newFTPDelay(b, addr, delay)
	}
	host, port := splitAddr(b, addr)
	dir, folder := server.Folder(b, "in")
	obscured, err := exec.CommandContext(b.Context(), "rclone", "obscure", server.Password).Output()
	if err != nil {
		b.Fatal(err)
	}
	site := peerSite{
		remote: ftp.New(ftp.Config{
			Mode: mode, Host: host, Port: port, User: server.User, Dir: dir, AllowPlaintext: mode == ftp.Plain,
			Password: secret.Ref{File: private(b, []byte(server.Password))}, CAFile: server.Certificate.CertFile,
		}),
		folder: folder,
		rclone: []string{
			"--ftp-host", host, "--ftp-port", strconv.Itoa(port), "--ftp-user", server.User,
			"--ftp-pass", string(obscured[:len(obscured)-1]), ":ftp:" + dir,
		},
		lftp: fmt.Sprintf("open -u %s,%s ftp://%s:%d%s", server.User, server.Password, host, port, dir),
	}
	if mode != ftp.Plain {
		site.rclone = append([]string{"--ftp-explicit-tls", "--ftp-no-check-certificate", "--ftp-disable-tls13"}, site.rclone...)
		site.lftp = "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; " + site.lftp
	}
	return site
}

func splitAddr(b *testing.B, addr string) (host string, port int) {
	b.Helper()
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	if port, err = strconv.Atoi(text); err != nil {
		b.Fatal(err)
	}
	return host, port
}

// output runs a program. Its error is what the program said.
func output(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
