package console

import (
	"bytes"
	"compress/gzip"
	"html/template"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/web/auth"
)

// renderer makes pages of templates, in a language.
type renderer struct {
	texts    *message.Catalog
	language message.Language
	zone     *time.Location
	logger   *slog.Logger

	templates map[string]*template.Template
	assets    map[string]asset
}

// page is one answer.
type page struct {
	// name is that of its template.
	name   string
	status int
	title  string
	data   any
	// again is in how many seconds the page is worth another look; 0 for a page that stays.
	again int
}

// checkAgain is how long something at work may take until a page looks again, in seconds.
const checkAgain = 2

// frame is what the layout shows around a page.
type frame struct {
	Title, Language, Theme, Zone string
	SignedIn, Leaves             bool
	Who                          string
	Role                         auth.Role
	Nav                          []link
	Again                        int
	Here                         string
	Data                         any
}

type link struct {
	Href, Key string
	Current   bool
}

// show writes a page, or returns an error before anything is written.
func (p *renderer) show(w http.ResponseWriter, v visit, what page) error {
	f := frame{
		Title: what.title, Language: string(v.printer.Language), Theme: theme(v.Request), Zone: p.zone.String(),
		SignedIn: v.who.Views(), Leaves: v.who.Via != auth.Loopback, Who: v.who.Name, Role: v.who.Role(), Nav: navigation(v), Again: what.again, Here: v.Request.URL.RequestURI(), Data: what.data,
	}
	t, err := p.templates[what.name].Clone()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Funcs(functions(v.printer)).ExecuteTemplate(&b, "layout", f); err != nil {
		return err
	}
	body := straighten(b.Bytes())
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", Policy)
	h.Add("Vary", "Accept-Encoding")
	if v.Request != nil && strings.Contains(v.Request.Header.Get("Accept-Encoding"), "gzip") {
		if body, err = compressed(body); err != nil {
			return err
		}
		h.Set("Content-Encoding", "gzip")
	}
	w.WriteHeader(max(what.status, http.StatusOK))
	_, err = w.Write(body)
	return err
}

// compressed is a page as it is sent: a plan of a hundred people is a tenth of its size then.
func compressed(page []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(page); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// value is what a form sends back as it came.
var value = regexp.MustCompile(` value="[^"]*"`)

// straighten shows the signs that turn a line round, which no text of ours has, as such: a file
// called so seems to have another ending. What a form sends back stays as it is.
func straighten(page []byte) []byte {
	turns := func(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }
	if bytes.IndexFunc(page, turns) < 0 {
		return page
	}
	show := func(r rune) rune {
		if turns(r) {
			return '\ufffd'
		}
		return r
	}
	out, last := make([]byte, 0, len(page)), 0
	for _, at := range value.FindAllIndex(page, -1) {
		out = append(out, bytes.Map(show, page[last:at[0]])...)
		out = append(out, page[at[0]:at[1]]...)
		last = at[1]
	}
	return append(out, bytes.Map(show, page[last:])...)
}

func navigation(v visit) []link {
	var nav []link
	pages := []link{{Href: "/", Key: "nav.overview"}, {Href: "/runs", Key: "nav.runs"}, {Href: "/people", Key: "nav.people"}, {Href: "/hires", Key: "nav.hires"}}
	if v.brings {
		pages = append(pages, link{Href: "/files/new", Key: "nav.file"})
	}
	pages = append(pages, link{Href: "/check", Key: "nav.check"})
	if v.who.Administers() {
		pages = append(pages, link{Href: "/audit", Key: "nav.audit"})
	}
	for _, l := range pages {
		l.Current = v.Request.URL.Path == l.Href || l.Href == "/files/new" && strings.HasPrefix(v.Request.URL.Path, "/files/") || l.Href != "/" && strings.HasPrefix(v.Request.URL.Path, l.Href+"/")
		nav = append(nav, l)
	}
	return nav
}

// printer is that of what somebody chose, or of what their browser asks for.
func (p *renderer) printer(r *http.Request) message.Printer {
	l := p.language
	if chosen, err := r.Cookie(languageCookie); err == nil {
		if parsed, err := message.Parse(chosen.Value); err == nil {
			return p.texts.In(parsed, p.zone)
		}
	}
	if asked := r.Header.Get("Accept-Language"); asked != "" {
		l = message.Match(asked)
	}
	return p.texts.In(l, p.zone)
}
