package ftp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/remote"
)

// errListing: nobody knows what else is in the folder.
var errListing = errors.New("the listing cannot be relied on")

// List implements remote.Session. Devices are left out. Times are exact
// and in UTC where the server knows MLSD; else they are those of its clock on the wall, to
// the minute or the day.
func (s *session) List(ctx context.Context) ([]remote.Entry, error) {
	var entries []remote.Entry
	var unusable int
	err := s.do(ctx, func() (err error) {
		entries, unusable, err = s.list()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list folder: %w", err)
	}
	if unusable > 0 {
		return entries, fmt.Errorf("list folder: %w", remote.LeftOutError{Count: unusable})
	}
	return entries, nil
}

// list returns the entries with usable names and the number of the others.
func (s *session) list() (entries []remote.Entry, unusable int, err error) {
	found, err := s.listOnce()
	if err != nil {
		return nil, 0, err
	}
	if len(found) == 0 {
		if found, err = s.reallyEmpty(); err != nil {
			return nil, 0, err
		}
	}
	for _, e := range found {
		if remote.CheckName(e.Name) != nil {
			unusable++
			continue
		}
		entries = append(entries, e)
	}
	return entries, unusable, nil
}

// listOnce returns everything but "." and "..".
func (s *session) listOnce() ([]remote.Entry, error) {
	s.listing = new(listing)
	defer func() { s.listing = nil }()
	parsed, err := s.conn.List("")
	if err = s.transferred(positive(err)); err != nil {
		if r, _ := replyOf(err); s.control.verb == "MLSD" && unsupported(err) {
			return nil, fmt.Errorf("the server offers MLSD and does not know it: set disable_mlsd: true: %w", r)
		}
		return nil, err
	}
	// Pure-FTPd says "Output truncated to N matches" in an answer that means success.
	if bytes.Contains(bytes.ToLower(s.control.answer), []byte("truncated")) {
		return nil, fmt.Errorf("%w: %w", errListing, s.control.last())
	}
	return pair(s.listing.lines(s.control.verb), parsed, s.control.verb)
}

// reallyEmpty asks a second time where a folder seems empty, in another way. What it
// returns is a file that came meanwhile.
func (s *session) reallyEmpty() ([]remote.Entry, error) {
	names, err := s.conn.NameList("")
	switch _, refused := replyOf(err); {
	case positive(err) == nil:
	case refused && (answered(err, codeBusy) || remote.Definite(classify(err))):
		return nil, nil // 450 or 550 for nothing found, or no such command
	default:
		return nil, err
	}
	if !anyName(names) {
		return nil, nil
	}
	found, err := s.listOnce()
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: it is empty, but NLST names %d entries", errListing, len(names))
	}
	return found, err
}

func anyName(names []string) bool {
	for _, name := range names {
		if name != "" && name != "." && name != ".." && !strings.HasSuffix(name, "/.") && !strings.HasSuffix(name, "/..") {
			return true
		}
	}
	return false
}

// listing is what a data connection brought, all of it.
type listing struct {
	text string
	// unread is what the library has not read yet; nil before the first read.
	unread *strings.Reader
}

// read reads everything first. Most servers send a line end within a name as it is, and a
// carriage return with it after a line: the library would take the name for two lines.
func (l *listing) read(p []byte, conn io.Reader) (int, error) {
	if l.unread == nil {
		content, err := io.ReadAll(io.LimitReader(conn, maxListing+1))
		if err != nil {
			return 0, err
		}
		if len(content) > maxListing {
			return 0, errLongListing
		}
		l.text = legible(string(content))
		l.unread = strings.NewReader(l.text)
	}
	return l.unread.Read(p)
}

// legible puts a listing in a form that the library understands: one line for each entry, and
// pipes, sockets and doors, which it does not know, as links.
func legible(text string) string {
	end := "\n"
	if strings.HasSuffix(text, "\r\n") {
		end = "\r\n"
	}
	lines := strings.Split(text, end)
	for i, line := range lines {
		line = strings.ReplaceAll(line, "\n", "\x00")
		if isMode(line, "psD") {
			line = "l" + line[1:]
		}
		lines[i] = line
	}
	return strings.Join(lines, end)
}

// lines returns those of which each is one entry that the library knows.
func (l *listing) lines(verb string) []string {
	var lines []string
	for line := range strings.SplitSeq(l.text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || verb == "LIST" && (isTotal(line) || isMode(line, "bc")) {
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// isTotal recognises the first line of ls -l, in any language.
func isTotal(line string) bool {
	word, number, ok := strings.Cut(line, " ")
	return ok && word != "" && !strings.ContainsAny(word, "-0123456789") && strings.Trim(strings.TrimSpace(number), "0123456789") == ""
}

// isMode recognises a line of ls -l about something of one of kinds.
func isMode(line, kinds string) bool {
	return len(line) > 10 && strings.ContainsRune(kinds, rune(line[0])) && strings.Trim(line[1:10], "rwxsStT-") == ""
}

// pair puts the lines and what the library made of them together. A line that it did not
// understand may be the file that everybody waits for.
func pair(lines []string, parsed []*ftp.Entry, verb string) ([]remote.Entry, error) {
	if len(lines) != len(parsed) {
		return nil, fmt.Errorf("%w: %d of its %d lines are in no known form", errListing, len(lines)-len(parsed), len(lines))
	}
	var entries []remote.Entry
	for i, p := range parsed {
		if p.Name == "." || p.Name == ".." {
			continue
		}
		e := entry(p.Name, p)
		if verb == "MLSD" {
			kind := factType(lines[i])
			if kind == "cdir" || kind == "pdir" {
				continue
			}
			e.Regular = kind == "file"
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func entry(name string, p *ftp.Entry) remote.Entry {
	return remote.Entry{Name: name, Size: int64(p.Size), ModTime: p.Time, Regular: p.Type == ftp.EntryTypeFile}
}

// factType returns the type in a line of MLSD or MLST, in lower case. The library takes
// every type that it does not know, such as a link, for a file.
func factType(line string) string {
	facts, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	for fact := range strings.SplitSeq(strings.ToLower(facts), ";") {
		if kind, ok := strings.CutPrefix(fact, "type="); ok {
			return kind
		}
	}
	return ""
}

// find looks a name up in the listing.
func (s *session) find(name string) (remote.Entry, error) {
	if s.config.WriteOnly {
		return remote.Entry{}, fmt.Errorf("the folder may not be looked into: %w", remote.ErrPermission)
	}
	entries, _, err := s.list()
	if err != nil {
		return remote.Entry{}, fmt.Errorf("list folder: %w", err)
	}
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
	}
	return remote.Entry{}, fs.ErrNotExist
}
