package remotetest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const mdtm = "20060102150405"

// at returns the path of a name under the root.
func (c *ftpSession) at(name string) string {
	if strings.HasPrefix(name, "/") {
		return filepath.Join(".", filepath.Clean(name))
	}
	return filepath.Join(c.cwd, name)
}

// file obeys the commands that need no data connection.
func (c *ftpSession) file(verb, arg string) {
	root, said := c.server.root, c.server.options.Quirks.Says[verb]
	info, err := root.Lstat(strings.TrimPrefix(c.at(arg), "/"))
	name := strings.TrimPrefix(c.at(arg), "/")
	switch verb {
	case "CWD":
		if err == nil && (!info.IsDir() || c.server.options.Quirks.Walls && strings.HasPrefix(name, "in/")) {
			err = errors.New("not a folder")
		}
		if c.answer(err, cmp.Or(said, "250 Entered")) {
			c.cwd = name
		}
	case "CDUP":
		c.cwd = filepath.Dir(c.cwd)
		c.say("250 Up")
	case "PWD":
		c.say("257 %q is where you are", "/"+strings.Trim(c.cwd, "./"))
	case "SIZE":
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a file")
		}
		if err == nil {
			c.say(cmp.Or(said, "213 %d"), c.statedSize(name, info.Size()))
			return
		}
		c.answer(err, "")
	case "MDTM":
		if err == nil {
			c.say(cmp.Or(said, "213 %s"), info.ModTime().UTC().Format(mdtm))
			return
		}
		c.answer(err, "")
	case "MLST":
		if c.server.options.NoMLST {
			c.say("502 What?")
			return
		}
		if err == nil {
			c.say(cmp.Or(said, "250-Here\n %s\n250 End"), c.facts(info))
			return
		}
		c.answer(err, "")
	case "DELE":
		if err == nil && info.IsDir() {
			err = fs.ErrPermission
		}
		if err == nil {
			err = root.Remove(name)
		}
		c.answer(err, cmp.Or(said, "250 Deleted"))
	case "MKD":
		c.answer(root.Mkdir(name, 0o755), cmp.Or(said, "257 Created"))
	case "RNFR":
		c.from = name
		c.answer(err, cmp.Or(said, "350 To what?"))
	case "RNTO":
		if c.renameOddly(name) {
			return
		}
		if c.refuses(name) {
			c.say("%s", cmp.Or(c.server.options.Quirks.Exists, "550 Cannot create a file when that file already exists"))
			return
		}
		c.answer(root.Rename(c.from, name), cmp.Or(said, "250 Renamed"))
	default:
		c.say("502 What?")
	}
}

func (c *ftpSession) answer(err error, done string) bool {
	no, quirks := "550 No", c.server.options.Quirks
	switch {
	case errors.Is(err, fs.ErrExist):
		no = cmp.Or(quirks.Exists, no)
	case errors.Is(err, fs.ErrNotExist):
		no = cmp.Or(quirks.No, no)
	}
	if err != nil {
		c.say("%s", no)
		return false
	}
	c.say("%s", done)
	return true
}

func (c *ftpSession) facts(info fs.FileInfo) string {
	kind := "file"
	switch {
	case info.IsDir():
		kind = "dir"
	case !info.Mode().IsRegular():
		kind = "OS.unix=special"
	}
	all := map[string]string{"type": kind, "size": strconv.FormatInt(info.Size()+c.server.options.Quirks.FactsMore, 10), "modify": info.ModTime().UTC().Format(mdtm)}
	wanted := c.server.options.Quirks.Facts
	if wanted == nil {
		wanted = []string{"type", "size", "modify"}
	}
	var out strings.Builder
	out.WriteString(c.server.options.Quirks.Extra)
	for _, fact := range wanted {
		if fact != "size" || !info.IsDir() {
			value := all[fact]
			if name := c.server.options.Quirks.Fact; name != nil {
				fact, value = name(fact), name(value)
			}
			out.WriteString(fact + "=" + value + ";")
		}
	}
	return out.String() + " " + info.Name()
}

// list renders the folder in the form of the command.
func (c *ftpSession) list(verb string) string {
	var out strings.Builder
	if verb == "MLSD" && c.server.options.Quirks.Facts == nil {
		out.WriteString("type=cdir;modify=20260101000000; .\r\ntype=pdir;modify=20260101000000; ..\r\n")
	}
	entries, err := fs.ReadDir(c.server.root.FS(), c.cwd)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		line := c.facts(info)
		switch {
		case verb == "LIST" && c.server.options.Quirks.Line != nil:
			line = c.server.options.Quirks.Line(info)
		case verb == "NLST":
			line = info.Name()
		case verb == "LIST" && c.server.options.DOS:
			size := fmt.Sprintf("%20d", info.Size())
			if info.IsDir() {
				size = "       <DIR>         "
			}
			line = info.ModTime().UTC().Format("01-02-06  03:04PM") + size + " " + info.Name()
		case verb == "LIST":
			line = fmt.Sprintf("%s 1 ftp ftp %d %s %s", info.Mode(), info.Size(), info.ModTime().UTC().Format("Jan _2 15:04"), info.Name())
			if info.IsDir() {
				line = "d" + info.Mode().Perm().String()[1:] + line[strings.Index(line, " "):]
			}
		}
		out.WriteString(line + "\r\n")
	}
	return out.String()
}

func (c *ftpSession) listen(verb string) {
	c.closePassive()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.say("425 No port")
		return
	}
	c.passive = listener
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		c.say("425 No port")
		return
	}
	if verb == "EPSV" {
		c.say(cmp.Or(c.server.options.Quirks.EPSVForm, "229 Entering Extended Passive Mode (|||%d|)"), addr.Port)
		return
	}
	host := c.server.options.PASV
	if host == "" {
		host = "127,0,0,1"
	}
	form := "227 Entering Passive Mode (%s,%d,%d)."
	if c.server.options.Quirks.BarePASV {
		form = "227 Entering Passive Mode %s,%d,%d"
	}
	c.say(form, host, addr.Port>>8, addr.Port&255)
}

func (c *ftpSession) closePassive() {
	if c.passive != nil {
		_ = c.passive.Close() // served its purpose
		c.passive = nil
	}
}

// transfer obeys the commands that need a data connection.
func (c *ftpSession) transfer(verb, arg string, script FTPScript) {
	if c.passive == nil {
		c.say("425 PASV first")
		return
	}
	name := c.at(arg)
	var file *os.File
	var err error
	switch verb {
	case "RETR":
		if info, e := c.server.root.Lstat(name); e != nil || !info.Mode().IsRegular() {
			c.say("550 No")
			return
		}
		file, err = c.server.root.Open(name)
	case "STOR":
		file, err = c.server.root.Create(name)
	}
	if err != nil {
		c.say("553 No")
		return
	}
	if file != nil {
		defer func() { _ = file.Close() }() // another process looks at it only afterwards
	}
	if answer := c.server.options.Quirks.Empty; answer != "" && (verb == "LIST" || verb == "MLSD" || verb == "NLST") {
		if entries, err := fs.ReadDir(c.server.root.FS(), c.cwd); err == nil && len(entries) == 0 {
			c.say("%s", answer)
			return
		}
	}
	raw, err := c.passive.Accept()
	if err != nil {
		c.say("425 Nobody came")
		return
	}
	release := c.server.keep(raw)
	if c.server.options.Quirks.keepsOpen(verb) {
		c.kept = append(c.kept, release)
	} else {
		defer release()
	}
	if begins := cmp.Or(c.server.options.Quirks.Begins, "150 Here it comes"); begins != "-" {
		c.say("%s", begins)
	}
	if c.server.options.Quirks.EndsFirst && verb != "STOR" {
		c.say("226 Done")
		_ = c.exchange(raw, verb, file, script) // was answered for
		return
	}
	if code := c.exchange(raw, verb, file, script); code != "" {
		c.say("%s", code)
		return
	}
	if script.After != "" {
		c.say("%s", script.After)
		return
	}
	if script.EndAfter {
		c.over = true
		return
	}
	c.done(verb, name, raw)
}

// exchange moves the data and returns an answer for what went wrong.
func (c *ftpSession) exchange(raw net.Conn, verb string, file *os.File, script FTPScript) (refusal string) {
	conn := raw
	if c.server.options.TLS != nil {
		secured := tls.Server(raw, c.server.options.TLS)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := secured.HandshakeContext(ctx); err != nil {
			return "425 TLS failed"
		}
		if secured.ConnectionState().DidResume {
			c.server.mu.Lock()
			c.server.resumed++
			c.server.mu.Unlock()
		} else if c.server.options.Reuse {
			_ = secured.Close() // refused anyway
			return "522 SSL connection failed: session reuse required"
		}
		conn = secured
	}
	var err error
	limited := &faulty{Conn: conn, raw: raw, script: script, drip: c.server.options.Quirks.Drip, hold: c.ignore}
	switch {
	case verb == "STOR":
		_, err = io.Copy(file, limited)
	case verb == "RETR" && script.Endless == "":
		_, err = io.Copy(limited, file)
	case script.Data != "":
		_, err = io.WriteString(limited, script.Data)
	case script.Endless != "":
		for err == nil {
			_, err = io.WriteString(limited, script.Endless)
		}
	default:
		_, err = io.WriteString(limited, c.list(verb))
	}
	if c.server.options.Quirks.Resets && file != nil {
		// What the client has sent last was read, and what it reads last has left.
		if tcp, ok := raw.(*net.TCPConn); ok {
			time.Sleep(50 * time.Millisecond)
			reset(tcp)
		}
		return ""
	}
	if c.server.options.Quirks.keepsOpen(verb) {
		return ""
	}
	if e := conn.Close(); err == nil && verb != "STOR" {
		err = e
	}
	if err != nil {
		return "426 Aborted"
	}
	return ""
}

// faulty is a data connection that breaks at some point.
type faulty struct {
	net.Conn
	raw    net.Conn
	script FTPScript
	drip   time.Duration
	passed int64
	// hold returns when the client has hung up.
	hold func()
}

var errScripted = errors.New("broken by the script")

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p[:min(len(p), f.room())])
	f.passed += int64(n)
	return n, f.strike(err)
}

func (f *faulty) Write(p []byte) (int, error) {
	if f.drip > 0 {
		for i := range p {
			if _, err := f.Conn.Write(p[i : i+1]); err != nil {
				return i, err
			}
			time.Sleep(f.drip)
		}
		return len(p), nil
	}
	if room := f.room(); len(p) > room {
		n, err := f.Conn.Write(p[:room])
		f.passed += int64(n)
		return n, errors.Join(err, f.strike(errScripted))
	}
	n, err := f.Conn.Write(p)
	f.passed += int64(n)
	return n, f.strike(err)
}

func (f *faulty) room() int {
	if limit := max(f.script.CutAt, f.script.HoldAt); limit > 0 {
		return int(limit - f.passed)
	}
	return 1 << 20
}

func (f *faulty) strike(err error) error {
	switch {
	case f.script.CutAt > 0 && f.passed >= f.script.CutAt:
		if tcp, ok := f.raw.(*net.TCPConn); ok {
			reset(tcp)
		}
		return errScripted
	case f.script.HoldAt > 0 && f.passed >= f.script.HoldAt:
		f.hold()
		return errScripted
	}
	return err
}
