package mail

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/notify"
)

// letterhead is a mail as HTML: its text as it is, and the address that is in it as a link. Mail
// programs do not agree on more than this, and nothing is fetched from anywhere.
var letterhead = template.Must(template.New("mail").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}"><head><meta charset="utf-8"><title>{{.Headline}}</title></head>
<body style="font-family: sans-serif; max-width: 60em">
<p><strong>{{.Headline}}</strong></p>
<pre style="font-family: inherit; white-space: pre-wrap; overflow-wrap: anywhere">{{range .Parts}}{{if .Link}}<a href="{{.Text}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</pre>
</body></html>
`))

// part is a piece of a text that is a link, or is none.
type part struct {
	Text string
	Link bool
}

// asHTML writes a message for those mail programs that show no plain text.
func asHTML(m notify.Message) (string, error) {
	var b strings.Builder
	err := letterhead.Execute(&b, struct {
		Language message.Language
		Headline string
		Parts    []part
	}{cmp.Or(m.Language, message.English), m.Headline(), parts(m.Text(), m.Page)})
	if err != nil {
		return "", fmt.Errorf("write mail as HTML: %w", err)
	}
	return b.String(), nil
}

// parts splits a text at the address, which is the only thing in it that becomes a link: a
// reason may quote what a server says.
func parts(text, address string) []part {
	if address == "" {
		return []part{{Text: text}}
	}
	// The last one is ours.
	at := strings.LastIndex(text, address)
	if at < 0 {
		return []part{{Text: text}}
	}
	return []part{{Text: text[:at]}, {Text: address, Link: true}, {Text: text[at+len(address):]}}
}
