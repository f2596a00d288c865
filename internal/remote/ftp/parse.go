package ftp

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// kind is what an entry of a listing is.
type kind int

const (
	file kind = iota
	folder
	other   // a link, a pipe, a device
	unknown // the server does not say: asking for the size tells
	skipped // a line about no entry, such as a total, or about the folder itself
)

// line is one line of a listing. Its name is as the server sent it.
type line struct {
	name string
	kind kind
	// size is -1 where it is not stated.
	size int64
	// time is zero where it is not stated. Without a zone it is that of the server's clock.
	time time.Time
}

// parser reads lines of LIST. It knows the whole listing, since some forms tell only together
// whether the day or the month comes first.
type parser struct {
	now        time.Time
	monthFirst bool
}

func newParser(lines []string, now time.Time) parser {
	p := parser{now: now}
	for _, l := range lines {
		if m := as400Line.FindStringSubmatch(l); m != nil && m[3] != "" {
			first, second := number(m[3]), number(m[4])
			if first <= 12 && second > 12 {
				p.monthFirst = true
			}
		}
	}
	return p
}

// parse reads a line in any form that is known; ok is false for others.
func (p parser) parse(text string) (l line, ok bool) {
	for _, form := range []func(string) (line, bool){p.unix, p.dos, eplf, p.as400, facts} {
		if l, ok = form(text); ok {
			if l.name == "." || l.name == ".." {
				l.kind = skipped
			}
			return l, l.name != ""
		}
	}
	if isTotal(text) || strings.TrimSpace(text) == "" {
		return line{kind: skipped}, true
	}
	return line{}, false
}

// totals are the words by which ls -l begins, in the languages of servers in the field.
var totals = regexp.MustCompile(`^[^\d\s-]+ +[\d., ]*[kKMG]?$`)

// isTotal recognises the first line of ls -l, in any language.
func isTotal(text string) bool { return totals.MatchString(text) }

// unixLines are the forms of a line of ls -l, the usual ones first: the mode, whatever columns there
// are before the size, such as groups with a blank in their names, the size, which may be missing,
// and the time.
var unixLines = func() (forms []*regexp.Regexp) {
	const (
		mode  = `^(?P<mode>[-dlbcpsDnm?])(?:[-rwxsStTlL?]{9}[+.@]?| ?\[[-A-Z]+\])\s+.*?`
		month = `(?P<month>[\p{L}\x{FFFD}]{3,9})\.?`
		day   = `(?P<day>\d{1,2})\.?`
		clock = `(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?(?:\s[-+]\d{4})?)?`
		year  = `(?P<year>\d{4})`
		name  = `\s(?P<name>(?s:.+))$`
	)
	for _, size := range []string{`\b(?P<size>\d+)\s+`, `\s?(?P<size>)`} {
		for _, date := range []string{
			month + `\s+` + day + `\s+(?:` + clock + `|` + year + `)`,
			year + `-(?P<month>\d\d)-` + day + `\s+` + clock,
			day + `\s+` + month + `\s+(?:` + clock + `|` + year + `)`,
		} {
			forms = append(forms, regexp.MustCompile(mode+size+date+name))
		}
	}
	return forms
}()

func (p parser) unix(text string) (line, bool) {
	for _, form := range unixLines {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		column := func(name string) string { return m[form.SubexpIndex(name)] }
		when, ok := p.date(column("year"), column("month"), column("day"))
		if !ok {
			continue
		}
		when = when.Add(time.Duration(number(column("hour"))*60+number(column("minute"))) * time.Minute)
		if column("year") == "" {
			when = p.recent(line{time: when}).time
		}
		l := line{name: column("name"), size: size(column("size")), time: when}
		switch column("mode") {
		case "-":
			l.kind = file
		case "d":
			l.kind = folder
		case "b", "c":
			l.kind = skipped
		default:
			l.kind = other
			l.name, _, _ = strings.Cut(l.name, " -> ")
		}
		return l, true
	}
	return line{}, false
}

// recent puts a time without a year, which is taken to be of this one, into the past. The server's
// clock may be in any zone.
func (p parser) recent(l line) line {
	if l.time.After(p.now.AddDate(0, 0, 1)) {
		l.time = l.time.AddDate(-1, 0, 0)
	}
	return l
}

// date is of this year where there is none.
func (p parser) date(year, month, day string) (time.Time, bool) {
	y, m, d := number(year), time.Month(number(month)), number(day)
	if y == 0 {
		y = p.now.Year()
	}
	if m == 0 {
		m = months(month)
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), m >= time.January && m <= time.December && d >= 1 && d <= 31
}

// monthNames are how months begin in the languages of servers in the field.
var monthNames = [...][]string{
	{"jan", "ene", "gen", "янв"}, {"feb", "fév", "fev", "фев"}, {"mar", "mär", "mrt", "maa", "мар"}, {"apr", "avr", "abr", "апр"},
	{"may", "mai", "mag", "mei", "maj", "май"}, {"jun", "juin", "giu", "июн"}, {"jul", "juil", "lug", "июл"}, {"aug", "aoû", "aou", "ago", "авг"},
	{"sep", "set", "сен"}, {"oct", "okt", "ott", "out", "окт"}, {"nov", "ноя"}, {"dec", "déc", "dez", "dic", "дек"},
}

// months returns the month that a name or its beginning is of, or 0.
func months(name string) time.Month {
	name = strings.ToLower(legible(name))
	for i, beginnings := range monthNames {
		for _, b := range beginnings {
			if strings.HasPrefix(name, b) {
				return time.Month(i + 1)
			}
		}
	}
	return 0
}

// dosLine is a line of DIR, as IIS lists: with two or four digits of the year, which may come
// first, and 12 or 24 hours.
var dosLine = regexp.MustCompile(`^(\d{1,4})([-./])(\d{1,2})[-./](\d{1,4})\s+(\d{1,2}):(\d\d)(?::\d\d)?\s*([AaPp]?)[Mm]?\s+` +
	`(?:<([A-Z]+)>\s+|([\d.,]+) )((?s:.+))$`)

func (p parser) dos(text string) (line, bool) {
	m := dosLine.FindStringSubmatch(text)
	if m == nil {
		return line{}, false
	}
	when, ok := dateOf(m[1], m[3], m[4], m[2] == "-" || m[2] == "/")
	if !ok {
		return line{}, false
	}
	hour := number(m[5])
	if m[7] != "" {
		hour %= 12
		if strings.EqualFold(m[7], "p") {
			hour += 12
		}
	}
	l := line{name: m[10], size: size(strings.NewReplacer(".", "", ",", "").Replace(m[9])), time: when.Add(time.Duration(hour*60+number(m[6])) * time.Minute)}
	switch m[8] {
	case "":
	case "DIR":
		l.kind = folder
	default:
		l.kind = other // a junction, a link
	}
	return l, true
}

// dateOf reads a day whose year comes last or, if it is written with four digits or is more than
// 31, first. Where nothing tells, the month comes first if monthFirst says so.
func dateOf(a, b, c string, monthFirst bool) (time.Time, bool) {
	year, month, day := number(c), number(b), number(a)
	switch {
	case len(a) == 4 || number(a) > 31:
		year, day = number(a), number(c)
	case monthFirst && number(b) <= 31 && number(a) <= 12 || number(b) > 12:
		month, day = number(a), number(b)
	}
	if year < 70 {
		year += 2000
	} else if year < 100 {
		year += 1900
	}
	when := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return when, month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// eplf reads the format of https://cr.yp.to/ftp/list/eplf.html.
func eplf(text string) (line, bool) {
	facts, name, ok := strings.Cut(text, "\t")
	if !ok || !strings.HasPrefix(facts, "+") {
		return line{}, false
	}
	l := line{name: name, kind: unknown, size: -1}
	for fact := range strings.SplitSeq(facts[1:], ",") {
		switch {
		case fact == "/":
			l.kind = folder
		case fact == "r":
			l.kind = file
		case strings.HasPrefix(fact, "s"):
			l.size = size(fact[1:])
		case strings.HasPrefix(fact, "m"):
			if seconds, err := strconv.ParseInt(fact[1:], 10, 64); err == nil {
				l.time = time.Unix(seconds, 0).UTC()
			}
		}
	}
	return l, true
}

// as400Line is a line of IBM i: owner, size, date, time, type and name; a member of a file has
// neither size nor date.
var as400Line = regexp.MustCompile(`^(\S+)\s+(?:(\d+)\s+(\d{1,4})[-./,](\d{1,2})[-./,](\d{1,4})\s+(\d{1,2})[:.](\d\d)(?:[:.]\d\d)?\s+)?\*([A-Z0-9]+)\s+(.+)$`)

func (p parser) as400(text string) (line, bool) {
	m := as400Line.FindStringSubmatch(text)
	if m == nil {
		return line{}, false
	}
	l := line{name: strings.TrimRight(m[9], "/ "), kind: other, size: size(m[2])}
	if m[3] != "" {
		if when, ok := dateOf(m[3], m[4], m[5], p.monthFirst); ok {
			l.time = when.Add(time.Duration(number(m[6])*60+number(m[7])) * time.Minute)
		}
	}
	switch m[8] {
	case "STMF", "DSTMF", "MEM", "DOC":
		l.kind = file
		l.name = l.name[strings.LastIndexByte(l.name, '/')+1:] // FILE.FILE/MEMBER.MBR
	case "DIR", "DDIR", "FLR", "LIB", "FILE":
		l.kind = folder
	}
	return l, true
}

// facts reads a line of MLSD or MLST (RFC 3659, section 7). A server may leave out each of the
// facts, and what it does not say is unknown.
func facts(text string) (line, bool) {
	all, name, ok := strings.Cut(strings.TrimLeft(text, " "), " ")
	if !ok || !strings.Contains(all, "=") {
		return line{}, false
	}
	l := line{name: name, kind: unknown, size: -1}
	for fact := range strings.SplitSeq(strings.TrimSuffix(all, ";"), ";") {
		key, value, ok := strings.Cut(fact, "=")
		if !ok {
			return line{}, false
		}
		switch strings.ToLower(key) {
		case "type":
			l.kind = factKind(strings.ToLower(value))
		case "size":
			l.size = size(value)
		case "modify":
			l.time = mdtm(value)
		}
	}
	return l, true
}

func factKind(value string) kind {
	switch value {
	case "file":
		return file
	case "dir":
		return folder
	case "cdir", "pdir":
		return skipped
	case "":
		return unknown
	}
	return other
}

// mdtm reads a time of MDTM, MLSD or MLST, which may have parts of a second. One in another form is
// none.
func mdtm(text string) time.Time {
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	when, err := time.Parse("20060102150405", text)
	if err != nil {
		return time.Time{}
	}
	return when
}

// size returns -1 for what is no number.
func size(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// number returns 0 for what is no number.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
