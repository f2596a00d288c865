package ftp_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lucca-exchange/internal/remote/ftp"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/secret"
)

// scripted starts a server in this process and returns how to reach its folder /in, which is
// the third result on this machine. Without a TLS configuration in the options there is one
// with a good certificate, unless the mode is Plain.
func scripted(t testing.TB, mode ftp.Mode, o remotetest.FTPOptions) (*remotetest.ScriptedFTP, ftp.Config, string) {
	t.Helper()
	o.Root = t.TempDir()
	folder := filepath.Join(o.Root, "in")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	c := ftp.Config{
		Mode: mode, User: "acme", Dir: "/in", AllowPlaintext: mode == ftp.Plain,
		ConnectTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
	}
	if mode != ftp.Plain && o.TLS == nil {
		certificate := remotetest.NewCertificate(t)
		o.TLS = &tls.Config{Certificates: []tls.Certificate{certificate.TLS}}
		c.CAFile = certificate.CertFile
	}
	o.Implicit = mode == ftp.Implicit
	server := remotetest.NewScriptedFTP(t, o)
	c.Password = secret.Ref{File: writeFile(t, server.Password)}
	return server, at(t, c, server.Addr), folder
}

func TestContractScriptedServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mode    ftp.Mode
		options remotetest.FTPOptions
		change  func(*ftp.Config)
	}{
		"explicit":         {ftp.Explicit, remotetest.FTPOptions{Reuse: true}, nil},
		"explicit TLS 1.3": {ftp.Explicit, remotetest.FTPOptions{Reuse: true}, func(c *ftp.Config) { c.TLSMax = "1.3" }},
		"implicit":         {ftp.Implicit, remotetest.FTPOptions{Reuse: true}, nil},
		"plain":            {ftp.Plain, remotetest.FTPOptions{}, nil},
		"LIST":             {ftp.Plain, remotetest.FTPOptions{NoMLST: true}, nil},
		"LIST like DIR":    {ftp.Plain, remotetest.FTPOptions{NoMLST: true, DOS: true, Refuses: true}, nil},
		"pipelined":        {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: script{"CONNECT": {Answer: "220 (vsFTPd 3.0.3)"}}}, nil},
		"pipelined MLSD":   {ftp.Implicit, remotetest.FTPOptions{Reuse: true, Script: script{"CONNECT": {Answer: "220 ProFTPD Server (acme)"}}}, nil},
		"one at a time":    {ftp.Plain, remotetest.FTPOptions{Quirks: remotetest.FTPQuirks{OneAtATime: true}}, nil},
		"PASV":             {ftp.Plain, remotetest.FTPOptions{}, func(c *ftp.Config) { c.DisableEPSV = true }},
		"no SIZE, no MLST": {ftp.Plain, remotetest.FTPOptions{NoMLST: true, Script: map[string]remotetest.FTPScript{
			"SIZE": {Answer: "502 What?"}, "MDTM": {Answer: "502 What?"},
		}}, nil},
		"odd codes of success": {ftp.Explicit, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{
			"STOR": {After: "250 Stored"}, "RETR": {After: "250 Sent"}, "MLSD": {After: "250 Listed"},
		}}, nil},
		"aborted after the end": {ftp.Explicit, remotetest.FTPOptions{Script: map[string]remotetest.FTPScript{
			"STOR": {After: "426 Failure reading network stream"}, "RETR": {After: "426 Failure writing network stream"},
		}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
				_, c, folder := scripted(t, tt.mode, tt.options)
				if tt.change != nil {
					tt.change(&c)
				}
				missing := c
				missing.Dir = "/none"
				return remotetest.Fixture{Remote: ftp.New(c), Missing: ftp.New(missing), Folder: folder, Latin1: true}
			})
		})
	}
}
