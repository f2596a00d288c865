package show

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/dossier"
	"lucca-exchange/internal/hire"
)

// Dossier shows all that is kept about a person.
func Dossier(w Page, d dossier.Dossier) {
	h := heading(w)
	h("dossier.who")
	for _, n := range d.Called {
		parts := slices.DeleteFunc([]string{n.Name, n.Login, n.Mail, n.Number}, func(s string) bool { return s == "" })
		w.hang("  ", strings.Join(parts, ", "))
	}
	for _, id := range d.IDs {
		w.hang("  ", w.said(fmt.Sprintf("Lucca id %d", id)))
	}
	if len(d.Runs) > 0 {
		h("dossier.runs")
		Person(w, d.Runs)
	}
	if len(d.Files) > 0 {
		h("dossier.files")
	}
	for _, f := range d.Files {
		files(w, f)
	}
	if len(d.Hires) > 0 {
		h("dossier.hires")
	}
	for _, c := range d.Hires {
		candidate(w, c)
	}
	if len(d.Drafts) > 0 {
		h("dossier.drafts")
	}
	for _, f := range d.Drafts {
		w.hang("  ", w.Words.Text("dossier.draft", "flow", f.Flow, "owner", f.Owner, "until", w.second(f.Expires)))
	}
	if len(d.Sources)+len(d.Hashed) > 0 {
		h("dossier.numbers")
	}
	if len(d.Sources) > 0 {
		w.hang("  ", w.Words.Text("dossier.sources", "list", strings.Join(d.Sources, ", ")))
	}
	if len(d.Hashed) > 0 {
		w.hang("  ", w.Words.Text("dossier.hashed", "list", strings.Join(d.Hashed, ", ")))
	}
	h("dossier.acts")
	w.hang("  ", w.Words.Text("dossier.pseudonym", "name", d.Pseudonym))
	if len(d.Acts) > 0 {
		Acts(w, d.Acts)
	}
	fmt.Fprintln(w)
	w.hang("", w.Words.Text("dossier.elsewhere"))
}

// heading writes a line over what follows, with an empty one between.
func heading(w Page) func(key string) {
	first := true
	return func(key string) {
		if !first {
			fmt.Fprintln(w)
		}
		first = false
		fmt.Fprintln(w, w.Words.Text(key))
	}
}

// files shows the rows of one file, a column a line.
func files(w Page, f dossier.FileRows) {
	w.hang("  ", w.Words.Text("dossier.file", "file", f.File, "flow", f.Flow, "run", f.Run))
	if f.Unread {
		w.hang("    ", w.Words.Text("dossier.unread"))
	}
	for _, row := range f.Rows {
		for n, cell := range row {
			if cell == "" {
				continue
			}
			name := strconv.Itoa(n + 1)
			if n < len(f.Header) && f.Header[n] != "" {
				name = f.Header[n]
			}
			w.hang("    ", printable(name)+colon(w)+printable(cell))
		}
	}
}

// candidate shows what is kept of a hiring.
func candidate(w Page, c dossier.Hire) {
	w.hang("  ", w.Words.Text("dossier.hire", "id", c.ID, "flow", c.Flow, "at", w.second(c.Received), "state", w.said(c.State)))
	if c.Reason != "" {
		w.hang("    ", w.said(c.Reason))
	}
	if c.Event == nil {
		return
	}
	for _, field := range hire.Fields() {
		if value := c.Event.Value(field); value != "" {
			w.hang("    ", w.Words.Text("hirefield."+field)+colon(w)+printable(valued(w, value)))
		}
	}
	for _, more := range [][2]string{{"personalEmail", c.Event.PersonalMail}, {"personalMobile", c.Event.Phone}} {
		if more[1] != "" {
			w.hang("    ", w.Words.Text("field."+more[0])+colon(w)+printable(more[1]))
		}
	}
}
