package app

import (
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/wrap"
)

// settings gathers what a held run is approved for. The keys are listed here one by one: a key
// that a later version adds must not make held runs void, and one that is listed must.
type settings struct{ flow.Settings }

func (s settings) add(key string, values ...any) { s.Add(key, values...) }

// settings are those of a flow as it is configured now.
func (w wiring) settings() flow.Settings {
	a, f := w.app, w.flow
	s := settings{make(flow.Settings)}
	s.add("lucca.url", a.config.Tenants[f.Tenant].URL)
	s.add("to", f.To)
	s.add("from", f.From)
	s.add("file", f.File)
	for _, name := range []string{f.To, f.From} {
		if r, ok := a.config.Remotes[name]; ok {
			s.add("remotes."+name, r.Type, r.Address, r.User, r.Dir)
		}
	}
	switch {
	case f.Export != nil:
		s.add("export.profile", f.Export.Profile)
		s.exported(f)
		s.wrapped(f.Wrap)
	case f.Import != nil:
		s.imported(f.Import)
		s.unwrapped(f.Unwrap)
	case f.Hires != nil:
		h := f.Hires
		s.add("hires.source", h.Source)
		s.defaults("hires.defaults", h.Defaults)
		s.add("hires.login", h.Login)
		s.add("hires.country", h.Country)
		s.add("hires.contract_type", h.ContractType)
		s.unwrapped(f.Unwrap)
	}
	return s.Settings
}

// exported are the shape of a partner's file.
func (s settings) exported(f config.Flow) {
	b := f.Binding
	s.add("columns of the export", b.Headers())
	d := b.Dialect
	s.add("dialect of the export", d.Separator, d.Encoding, d.LineEnd, d.Quote, d.Date, d.Decimal, d.Header, d.Formulas, d.Format, d.Transliterate)
}

func (s settings) imported(i *config.Import) {
	s.add("import.identifier", i.Policy.Identifier)
	s.add("import.mode", i.Mode)
	s.add("import.on_absent", i.OnAbsent)
	s.add("import.blank", i.Blank)
	s.add("import.protect", i.Protect)
	s.add("import.mail_shared", i.MailShared)
	s.add("import.login", i.Login)
	s.add("import.apply", i.Apply)
	s.defaults("import.defaults", i.Defaults)
	o := i.Options
	s.add("import.columns", o.Columns)
	s.add("import.separator", o.Separator)
	s.add("import.encoding", o.Encoding)
	s.add("import.header", o.Header.Row, o.Header.Skip)
	s.add("import.footer", o.Footer)
	s.add("import.sheet", o.Sheet)
	s.add("import.ignore", o.Ignore)
	s.add("import.ignore_unknown", o.IgnoreUnknown)
	s.add("import.dates", o.Dates)
	s.add("import.values", o.Values)
	s.add("import.constants", o.Constants)
	s.add("import.name", o.Name.Column, o.Name.Order)
	s.add("import.pad", o.Pad)
	s.add("import.open_end", o.OpenEnd)
	s.add("import.null", o.Null)
	s.add("import.duplicates", o.Duplicates)
}

func (s settings) defaults(key string, d plan.Defaults) {
	values := []any{d.Values}
	for _, rule := range d.By {
		values = append(values, rule.When.Establishment, rule.When.Department, rule.Set)
	}
	s.add(key, values...)
}

// wrapped are the steps on the way out, with whom they are for.
func (s settings) wrapped(steps wrap.Config) {
	var values []any
	for _, step := range steps {
		switch {
		case step.Gzip != nil:
			values = append(values, "gzip")
		case step.Zip != nil:
			values = append(values, "zip")
		case step.OpenPGP != nil:
			p := step.OpenPGP
			values = append(values, "openpgp", p.Recipients, p.SignWith.Env, p.SignWith.File, p.Armor)
		case step.Age != nil:
			values = append(values, "age", step.Age.Recipients, step.Age.RecipientsFile, step.Age.Armor)
		}
	}
	if len(values) > 0 {
		values = append(values, steps.Name("file"))
	}
	s.add("wrap", values...)
}

// unwrapped are the steps on the way in, with whose signature they ask for.
func (s settings) unwrapped(steps wrap.UnwrapConfig) {
	var values []any
	for _, step := range steps {
		switch {
		case step.Gzip != nil:
			values = append(values, "gzip")
		case step.Zip != nil:
			values = append(values, "zip", step.Zip.Entry)
		case step.OpenPGP != nil:
			values = append(values, "openpgp", step.OpenPGP.SignedBy)
		case step.Age != nil:
			values = append(values, "age")
		}
	}
	s.add("unwrap", values...)
}
