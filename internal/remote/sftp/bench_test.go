package sftp_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
)

// BenchmarkTransfer moves 100 MiB to and from OpenSSH, connecting included, by this
// package and by the sftp command.
func BenchmarkTransfer(b *testing.B) {
	const size = 100 << 20
	server, c := openSSH(b)
	file := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, delay := range []time.Duration{0, 20 * time.Millisecond} {
		proxy := remotetest.NewProxy(b, server.Addr)
		proxy.Break(remotetest.Fault{Delay: delay})
		addr := server.Addr
		if delay > 0 {
			addr = proxy.Addr()
		}
		c := at(b, c, addr)
		c.KnownHosts, c.HostKeys = "", server.Prints()
		run := func(name string, move func() error) {
			b.Run(fmt.Sprintf("%s/%s", 2*delay, name), func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					if err := move(); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					_ = os.Remove(filepath.Join(server.Folder, "up")) // a download makes none
					b.StartTimer()
				}
			})
		}
		run("upload", func() error { return upload(b, c, file, size) })
		run("upload-command", func() error { return command(b, server, c, "put "+file+" "+server.Folder+"/up") })
		if err := os.Link(file, filepath.Join(server.Folder, "down")); err != nil && delay == 0 {
			b.Fatal(err)
		}
		run("download", func() error { return download(b, c) })
		run("download-command", func() error { return command(b, server, c, "get "+server.Folder+"/down "+b.TempDir()) })
	}
}

func upload(b *testing.B, c sftp.Config, file string, size int64) error {
	s, err := sftp.New(c).Open(b.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return s.Upload(b.Context(), "up", f, size)
}

func download(b *testing.B, c sftp.Config) error {
	s, err := sftp.New(c).Open(b.Context())
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	if err != nil {
		return err
	}
	if _, err := s.Download(b.Context(), "down", f); err != nil {
		return err
	}
	return f.Close()
}

func command(b *testing.B, server *remotetest.Server, c sftp.Config, line string) error {
	cmd := exec.CommandContext(b.Context(), "sftp", "-q", "-b", "-", "-i", server.KeyFile, "-P", strconv.Itoa(c.Port),
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", c.User+"@"+c.Host)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(line+"\n"), io.Discard, os.Stderr
	return cmd.Run()
}
