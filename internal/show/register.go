package show

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// Register writes what a configuration knows of the register of processing activities, as Markdown in
// the reader's language.
func Register(w Page, r inspect.Register) {
	d := markdown{w}
	d.head("#", d.text("register.title"))
	d.paragraph(d.text("register.intro"))
	d.head("##", d.text("register.yours"))
	for _, item := range []string{"register.controller", "register.officer", "register.basis", "register.informed", "register.transfers", "register.processors"} {
		d.item(0, d.text(item))
	}
	for _, p := range r.Processing {
		d.flow(p)
	}
	d.head("##", d.text("register.kept"))
	d.item(0, d.text("register.kept_files", "time", d.age(r.Retention.Files)))
	d.item(0, d.text("register.kept_hires", "time", d.age(r.Retention.Files)))
	d.item(0, d.text("register.kept_runs", "time", d.age(r.Retention.Runs)))
	d.item(0, d.text("register.kept_held"))
	d.item(0, d.text("register.kept_ids"))
	d.head("##", d.text("register.security"))
	d.security(r)
}

// markdown writes Markdown whose lines fit a terminal.
type markdown struct{ page Page }

func (d markdown) text(key string, pairs ...any) string { return d.page.Words.Text(key, pairs...) }

func (d markdown) head(level, text string) {
	if level != "#" {
		fmt.Fprintln(d.page)
	}
	d.page.hang(level+" ", text)
	fmt.Fprintln(d.page)
}

func (d markdown) paragraph(text string) { d.page.hang("", text) }

func (d markdown) item(depth int, text string) { d.page.hang(strings.Repeat("  ", depth)+"- ", text) }

// fact is an item that begins with what it is.
func (d markdown) fact(key, text string) {
	if text != "" {
		d.item(0, "**"+d.text(key)+"**"+d.page.Words.Colon()+text)
	}
}

func (d markdown) flow(p inspect.Processing) {
	d.head("##", d.text("register.flow", "flow", p.Flow))
	kind := string(p.Kind)
	d.fact("register.purpose", d.text("register.purpose_"+kind))
	people := d.text("register.people_" + kind)
	if p.Leavers && p.Kind == run.Export {
		people += ", " + d.text("register.people_left")
	}
	d.fact("register.people", people)
	var kinds []string
	for _, c := range p.Categories {
		kinds = append(kinds, d.text("register.category_"+string(c)))
	}
	d.fact("register.categories", strings.Join(kinds, ", "))
	from := "Lucca (" + p.Lucca + ")"
	switch p.Kind {
	case run.Export:
		d.fact("register.source", from)
		d.fact("register.recipient", d.party(p.To))
	default:
		var sources []string
		if p.Source != "" {
			sources = append(sources, d.text("register.ats", "name", p.Source))
		}
		if p.From != nil {
			sources = append(sources, d.party(p.From))
		}
		d.fact("register.source", strings.Join(sources, d.page.Words.Semicolon()))
		if p.To != nil {
			from += d.page.Words.Semicolon() + d.party(p.To)
		}
		d.fact("register.recipient", from)
	}
	when := d.text("register.by_hand")
	if p.Schedule != "" {
		when = message.Schedule(d.page.Words, p.Schedule)
	}
	d.fact("register.when", when)
	d.fact("register.decides", d.text("register.decides_"+string(p.Approval), "n", p.Approvals))
	d.fields(p)
}

// fields lists what is read and set in Lucca, and what each is for.
func (d markdown) fields(p inspect.Processing) {
	d.item(0, "**"+d.text("register.reads")+"**"+d.page.Words.Colon())
	var own []string
	for _, f := range p.Reads {
		if len(f.Columns) == 0 {
			own = append(own, d.field(f.Field))
			continue
		}
		d.item(1, d.field(f.Field)+" → "+strings.Join(f.Columns, ", "))
	}
	if len(own) > 0 {
		d.item(1, d.text("register.reads_own", "fields", strings.Join(own, ", ")))
	}
	if p.AndFile {
		d.item(1, d.text("register.reads_file"))
	}
	var set []string
	for _, code := range p.Writes {
		set = append(set, d.field(code))
	}
	if p.AndFile {
		set = append(set, d.text("register.writes_file"))
	}
	d.fact("register.writes", strings.Join(set, ", "))
}

// field is what a field of Lucca is called, a custom one with its code.
func (d markdown) field(code string) string {
	switch code {
	case "e_", "userAxisValues_", "profile_", "contracts", "pay", "legalUnit":
		return d.text("register.field_" + strings.TrimSuffix(code, "_"))
	}
	return cmp.Or(message.Field(d.page.Words, code), d.text("register.field_custom", "code", code))
}

// party is a server, with how the way there and the file are protected.
func (d markdown) party(p *inspect.RegisterParty) string {
	if p == nil {
		return ""
	}
	text := p.Remote
	if p.Host != "" {
		text += " (" + p.Host + ")"
	}
	text += ", " + d.text("register.transit_"+string(p.Transit))
	if len(p.Wrapped) > 0 {
		text += ", " + d.text("register.wrapped", "steps", strings.Join(p.Wrapped, ", "))
	}
	return text
}

// age is for how long something is kept, of how the configuration writes it.
func (d markdown) age(written string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(written, "d")); err == nil {
		return d.text("register.days", "n", n)
	}
	return written
}

func (d markdown) security(r inspect.Register) {
	s, transit := r.Security, "register.secure_transit"
	if slices.ContainsFunc(r.Processing, func(p inspect.Processing) bool { return inTheClear(p.From) || inTheClear(p.To) }) {
		transit = "register.secure_transit_plain"
	}
	for _, key := range []string{"register.secure_files_" + s.State, "register.secure_disk", "register.secure_erase_" + s.State, transit, "register.secure_secrets", "register.secure_logs", "register.secure_audit", "register.secure_console_" + s.Console} {
		d.item(0, d.text(key))
	}
	for _, way := range s.SignIn {
		d.item(0, d.text("register.secure_signin_"+way))
	}
}

// inTheClear reports whether the way to a server is not encrypted.
func inTheClear(p *inspect.RegisterParty) bool { return p != nil && p.Transit == inspect.Plain }
