package ftp

import (
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"
)

// listing is what a data connection brought, all of it. The library drops lines that it does not
// understand, and takes what a line leaves out for nought: it gets those that are plain, and the
// others are read by parser.
type listing struct {
	verb  string
	lines []string
	// plain are those of lines that the library understands.
	plain map[int]bool
	// unread is what the library has not read yet; nil before the first read.
	unread *strings.Reader
	// err is why there is no more of it.
	err error
}

// longest is how long a line may be that the library is to read, in bytes.
const longest = 4096

// read reads everything first, within bounds.
func (l *listing) read(p []byte, verb string, conn io.Reader) (int, error) {
	if l.unread == nil && l.err == nil {
		l.err = l.fill(verb, conn)
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.unread.Read(p)
}

func (l *listing) fill(verb string, conn io.Reader) error {
	content, err := io.ReadAll(io.LimitReader(conn, maxListing+1))
	if err != nil {
		return err
	}
	text := string(content)
	if len(text) > maxListing || strings.Count(text, "\n") > maxEntries {
		return errLongListing
	}
	l.verb, l.lines, l.plain = verb, splitLines(text), map[int]bool{}
	var understood []string
	for i, line := range l.lines {
		if verb == "NLST" || len(line) <= longest && (verb == "MLSD" && plainFacts(line) || verb == "LIST" && plainLine.MatchString(line)) {
			l.plain[i] = true
			understood = append(understood, line)
		}
	}
	l.unread = strings.NewReader(strings.Join(understood, "\n"))
	return nil
}

// join puts together what the library has read and the lines that are not for it, without those
// about no entry, and counts the ones that nobody understands.
func (l *listing) join(read []*ftp.Entry, now time.Time) (found []line, strange int) {
	if len(read) != len(l.plain) { // it did not understand one of them all the same
		l.plain = nil
	}
	p := newParser(l.lines, now)
	for i, text := range l.lines {
		var e line
		ok := l.plain[i]
		switch {
		case ok:
			e, read = lineOf(read[0]), read[1:]
			if m := plainLine.FindStringSubmatch(text); m != nil && m[1] != "" {
				e = p.recent(e) // the library allows for half a year to come
			}
		case l.verb == "MLSD":
			e, ok = factsOrName(text)
		default:
			e, ok = p.parse(text)
		}
		switch {
		case !ok:
			strange++
		case e.kind != skipped && e.name != "." && e.name != "..":
			found = append(found, e)
		}
	}
	return found, strange
}

// factsOrName reads a line of MLSD, which may be a name of which nothing is known.
func factsOrName(text string) (line, bool) {
	l, ok := facts(text)
	if name, bare := strings.CutPrefix(text, " "); !ok && bare {
		return line{name: name, kind: unknown, size: -1}, true
	}
	return l, ok
}

// lineOf is what the library has read of a plain line.
func lineOf(e *ftp.Entry) line {
	l := line{name: e.Name, kind: file, size: int64(e.Size), time: e.Time}
	if e.Type == ftp.EntryTypeFolder {
		l.kind = folder
	}
	return l
}

// plainLine is a line of ls -l as it is in most places.
var plainLine = regexp.MustCompile(`^[-d][-rwxsStT]{9}\+? +[1-9]\d* +[^ ]+ +[^ ]+ +(?:0|[1-9]\d{0,17}) ` +
	`(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d +(?:(\d\d:\d\d)|\d{4}) [^\n]+$`)

var (
	factsLine = regexp.MustCompile(`^(?:[^\s;=]+=[^\s;]*;)+$`)
	plainFact = regexp.MustCompile(`(?:^|;)(?:(?i:type)=(?:file|dir)|(?i:size)=(?:0|[1-9]\d{0,17})|(?i:modify)=\d{14}(?:\.\d+)?);`)
)

// plainFacts tells whether a line of MLSD or MLST says of a file or a folder all that counts.
func plainFacts(text string) bool {
	facts, name, ok := strings.Cut(text, " ")
	return ok && !strings.Contains(name, "\n") && factsLine.MatchString(facts) &&
		len(plainFact.FindAllString(strings.ReplaceAll(facts, ";", ";;"), -1)) == 3
}

// splitLines puts each entry on one line. Most servers send a line end within a name as it is,
// and a carriage return with it after a line.
func splitLines(text string) []string {
	end := "\n"
	if strings.HasSuffix(text, "\r\n") {
		end = "\r\n"
	}
	var lines []string
	for l := range strings.SplitSeq(text, end) {
		if strings.TrimSpace(l) != "" {
			lines = append(lines, strings.TrimSuffix(l, "\r"))
		}
	}
	return lines
}
