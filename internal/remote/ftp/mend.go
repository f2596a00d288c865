package ftp

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// successes are the codes by which the library takes commands to have succeeded, where servers
// have others.
var successes = map[string]int{
	"CONNECT": 220, "USER": 230, "PASS": 230, "FEAT": 211, "TYPE": 200, "OPTS": 200, "PBSZ": 200, "PROT": 200,
	"CWD": 250, "CDUP": 250, "PWD": 257, "MKD": 257, "EPSV": 229, "PASV": 227,
	"SIZE": 213, "MDTM": 213, "MLST": 250, "RNFR": 350, "RNTO": 250, "DELE": 250,
}

// mend returns an answer in the form that the library reads. A refusal stays what it is.
func (c *control) mend(r reply) []byte {
	code, text := r.code, r.text
	transfer := successes[c.verb] == 0
	switch {
	case c.stage == done && code < 300:
		return answerLine(226, text)
	case transfer && c.stage == asked && code < 300:
		c.stage = begun
		if code >= 200 {
			c.early = r
		}
		return answerLine(150, text)
	case c.forgiven(r):
		return answerLine(successes[c.verb], text)
	case c.verb == "USER" && code > 300 && code < 400 && code != codeNeedAccount:
		return answerLine(331, text)
	case c.verb == "RNFR" && code >= 200 && code < 400:
		return answerLine(350, text)
	case c.verb == "FEAT" && code == successes["FEAT"]:
		return answerLines(code, features(text))
	case transfer || code < 200 || code >= 300 || c.verb == "FEAT":
		return answerLine(code, text)
	}
	return c.success(text)
}

// success is the answer to a command that has succeeded, by whatever code.
func (c *control) success(text string) []byte {
	code := successes[c.verb]
	switch c.verb {
	case "CONNECT":
		c.greeting = text[strings.LastIndexByte(text, '\n')+1:]
		c.ahead.open = pipelining.MatchString(text)
	case "EPSV":
		if port, ok := epsvPort(text); ok {
			text = fmt.Sprintf("Extended (|||%d|)", port)
		}
	case "PASV":
		port, ok := pasvPort(text)
		if !ok {
			c.fault = fmt.Errorf("the server names no port for the data: %w", permanent{c.last})
		}
		text = fmt.Sprintf("Passive (0,0,0,0,%d,%d)", port>>8, port&0xff)
	case "PWD":
		text = `"` + workingFolder(text) + `"`
	case "SIZE":
		text = strconv.FormatInt(size(strings.TrimSpace(text)), 10)
	case "MDTM":
		text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	case "MLST":
		return answerLines(code, strings.TrimSpace(factsIn(text)))
	}
	return answerLine(code, text)
}

// forgiven: PBSZ changes nothing with TLS. With implicit TLS, PROT is not known everywhere: whether
// the data is encrypted shows when a data connection shakes hands. A server that knows no TYPE has one,
// and sizes tell if that is not binary.
func (c *control) forgiven(r reply) bool {
	if c.verb == "TYPE" {
		return r.code == codeUnknown || r.code == codeNotImplemented
	}
	return r.code >= 500 && !r.crowded() && (c.verb == "PBSZ" || c.verb == "PROT" && c.implicit)
}

func answerLine(code int, text string) []byte {
	return fmt.Appendf(nil, "%d %s\r\n", code, strings.NewReplacer("\n", " ", "\r", " ").Replace(text))
}

func answerLines(code int, body string) []byte {
	return fmt.Appendf(nil, "%d-\r\n %s\r\n%d End\r\n", code, strings.ReplaceAll(body, "\n", "\r\n "), code)
}

// features are those of an answer to FEAT, in capitals. The library asks for MLSD where it knows of
// MLST.
func features(text string) string {
	var all []string
	for _, feature := range strings.Split(strings.ToUpper(text), "\n") {
		feature = strings.TrimSpace(feature)
		if feature == "MLSD" || strings.HasPrefix(feature, "MLSD ") {
			all = append(all, "MLST")
		}
		all = append(all, feature)
	}
	return strings.Join(all, "\n")
}

// factsIn returns the facts in an answer to MLST: on a line of their own, with or without a blank
// before it, or on the only line.
func factsIn(text string) string {
	for l := range strings.SplitSeq(text, "\n") {
		if _, ok := facts(l); ok {
			return l
		}
	}
	return ""
}

var (
	epsvAnswer = regexp.MustCompile(`([!-/:-~])([!-/:-~])([!-/:-~])(\d{1,5})([!-/:-~])`)
	// pasvAnswer is the address and the port, with or without parentheses around them.
	pasvAnswer = regexp.MustCompile(`\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})`)
)

func epsvPort(text string) (int, bool) {
	m := epsvAnswer.FindStringSubmatch(text)
	if m == nil || m[1] != m[2] || m[2] != m[3] || m[3] != m[5] {
		return 0, false
	}
	port := number(m[4])
	return port, port > 0 && port <= 65535
}

// pasvPort leaves the address alone: data goes to the machine that the control connection goes to.
func pasvPort(text string) (int, bool) {
	m := pasvAnswer.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	high, low := number(m[1]), number(m[2])
	return high<<8 + low, high <= 255 && low <= 255 && high+low > 0
}

// workingFolder reads the path in an answer to PWD: in quotation marks, of which those within it
// are doubled, or without any. A path of another system than Unix is none.
func workingFolder(text string) string {
	if _, quoted, ok := strings.Cut(text, `"`); ok {
		if end := strings.LastIndexByte(quoted, '"'); end >= 0 {
			text = strings.ReplaceAll(quoted[:end], `""`, `"`)
		}
	} else {
		for word := range strings.FieldsSeq(text) {
			if text = word; strings.HasPrefix(word, "/") {
				break
			}
		}
	}
	if !strings.HasPrefix(text, "/") || hasControl(text) {
		return ""
	}
	return text
}
