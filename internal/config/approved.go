package config

import (
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/wrap"
)

// approved takes the values of one key that a held run is approved for.
type approved func(key string, values ...any)

// Approved gives add what a held run of a flow is approved for, as it is configured now. The keys
// are listed here one by one: a key that a later version adds must not make held runs void, and
// one that is listed must.
func (c *Config) Approved(f Flow, add func(key string, values ...any)) {
	s := approved(add)
	s("lucca.url", c.Tenants[f.Tenant].URL)
	s("to", f.To)
	s("from", f.From)
	s("file", f.File)
	for _, name := range []string{f.To, f.From} {
		if r, ok := c.Remotes[name]; ok {
			s("remotes."+name, r.Type, r.Address, r.User, r.Dir)
			s("remotes."+name+".jump", r.Jump)
			s("remotes."+name+".proxy", r.Proxy)
		}
	}
	switch {
	case f.Export != nil:
		s("export.profile", f.Export.Profile)
		s("export.split", f.Export.Split)
		s.exported(f)
		s.wrapped(f.Wrap)
	case f.Import != nil:
		s.imported(f.Import)
		s.unwrapped(f.Unwrap)
	case f.Hires != nil:
		h := f.Hires
		s("hires.source", h.Source)
		s.defaults("hires.defaults", h.Defaults)
		s("hires.login", h.Login)
		s("hires.country", h.Country)
		s("hires.contract_type", h.ContractType)
		s.unwrapped(f.Unwrap)
	}
}

// exported are the shape of a partner's file.
func (s approved) exported(f Flow) {
	b := f.Binding
	s("columns of the export", b.Headers())
	d := b.Dialect
	s("export.widths", f.Export.Widths)
	s("dialect of the export", d.Separator, d.Encoding, d.LineEnd, d.Quote, d.Date, d.Decimal, d.Header, d.Formulas, d.Format, d.Transliterate)
}

func (s approved) imported(i *Import) {
	s("import.identifier", i.Policy.Identifier)
	s("import.mode", i.Mode)
	s("import.on_absent", i.OnAbsent)
	s("import.end_by", i.EndBy)
	s("import.termination_reason", i.TerminationReason)
	s("import.source", i.Source)
	s("import.blank", i.Blank)
	s("import.protect", i.Protect)
	s("import.mail_shared", i.MailShared)
	s("import.login", i.Login)
	s("import.apply", i.Apply)
	s.defaults("import.defaults", i.Defaults)
	o := i.Options
	s("import.columns", o.Columns)
	s("import.separator", o.Separator)
	s("import.encoding", o.Encoding)
	s("import.header", o.Header.Row, o.Header.Skip)
	s("import.footer", o.Footer)
	s("import.sheet", o.Sheet)
	s("import.ignore", o.Ignore)
	s("import.ignore_unknown", o.IgnoreUnknown)
	s("import.dates", o.Dates)
	s("import.years_from", o.YearsFrom)
	s("import.values", o.Values)
	s("import.constants", o.Constants)
	s("import.name", o.Name.Column, o.Name.Order)
	s("import.pad", o.Pad)
	s("import.open_end", o.OpenEnd)
	s("import.null", o.Null)
	s("import.duplicates", o.Duplicates)
}

func (s approved) defaults(key string, d plan.Defaults) {
	values := []any{d.Values}
	for _, rule := range d.By {
		values = append(values, rule.When.Establishment, rule.When.Department, rule.Set)
	}
	s(key, values...)
}

// wrapped are the steps on the way out, with whom they are for.
func (s approved) wrapped(steps wrap.Config) {
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
	s("wrap", values...)
}

// unwrapped are the steps on the way in, with whose signature they ask for.
func (s approved) unwrapped(steps wrap.UnwrapConfig) {
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
	s("unwrap", values...)
}
