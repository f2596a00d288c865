package generic

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/tabular"
)

// Config holds the keys of a hires flow whose ATS sends our JSON or drops files.
type Config struct {
	// Secret is a key of Standard Webhooks.
	Secret    secret.Ref `yaml:"secret,omitempty" json:"secret,omitzero" jsonschema:"description=secret (whsec_…) with which the sender signs by Standard Webhooks; unsigned webhooks are refused then"`
	Separator string     `yaml:"separator,omitempty" json:"separator,omitempty" jsonschema:"description=of dropped CSV files: one character; ; if left out"`
	Encoding  string     `yaml:"encoding,omitempty" json:"encoding,omitempty" jsonschema:"enum=auto,enum=utf-8,enum=windows-1252,enum=iso-8859-15,enum=utf-16,enum=cp850,enum=macintosh,enum=windows-1250,enum=windows-1254,description=of dropped CSV files; auto if left out"`

	tabular.Layout `yaml:",inline"`
	// Fields are named otherwise than the columns of other sources, which are of another kind.
	Fields map[string]string `yaml:"fields,omitempty" json:"fields,omitempty" jsonschema:"description=of dropped CSV files and workbooks: our name of the field for each header text that differs from it such as lastName for Nom"`

	Dates     []string `yaml:"dates,omitempty" json:"dates,omitempty" jsonschema:"description=of dropped files: how dates are written; DD/MM/YYYY or YYYY-MM-DD or DD/MM/YY if left out; a time may follow,example=MM/DD/YYYY"`
	YearsFrom int      `yaml:"years_from,omitempty" json:"years_from,omitempty" jsonschema:"minimum=1901,maximum=2000,default=1940,description=first of the hundred years that a year of two digits (YY) can mean"`
}

// Under returns the configuration with relative files resolved against dir.
func (c Config) Under(dir string) Config {
	c.Secret = c.Secret.Under(dir)
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(common hire.Config, report func(key, message string)) {
	c.format().Validate(report)
	c.Layout.Validate(report)
	c.validateFields(report)
	c.validateDates(report)
	if c.Secret.IsZero() {
		return
	}
	if err := c.Secret.Validate(); err != nil {
		report("secret", err.Error())
	}
	if common.WebhookToken.IsZero() {
		report("secret", "there is nothing to be signed without webhook_token")
	}
}

// format is that of dropped CSV files.
func (c Config) format() tabular.Format {
	return c.Of(tabular.Format{Separator: c.Separator, Encoding: c.Encoding})
}

// validateFields reports header texts that stand for no field.
func (c Config) validateFields(report func(key, message string)) {
	known, err := fields()
	if err != nil {
		report("fields", err.Error())
		return
	}
	all := contract(known)
	for _, text := range slices.Sorted(maps.Keys(c.Fields)) {
		if key, ok := all.Key(c.Fields[text]); !ok || key != c.Fields[text] {
			report("fields."+text, fmt.Sprintf("unknown field %q: want one of those of \"help hires\", such as lastName", c.Fields[text]))
		}
	}
}

// validateDates reports patterns that are none.
func (c Config) validateDates(report func(key, message string)) {
	if _, message := c.forms(); message != "" {
		report("dates", message)
	}
	patterns := c.Dates
	if len(patterns) == 0 {
		patterns = ownDates()
	}
	if message := tabular.FaultOfYears(c.YearsFrom, patterns); message != "" {
		report("years_from", message)
	}
}

// New makes the source of a flow. It reads no secret yet.
func New(c Config, f hire.Flow) hire.Source {
	forms, _ := c.forms()
	s := &source{config: c, reader: Reader{
		Source: f.Config.Source, Zone: f.Zone, Fields: c.Fields, Ignore: c.Ignore, IgnoreUnknown: c.IgnoreUnknown, Dates: forms,
	}}
	return hire.Source{Webhook: s, File: s}
}

type source struct {
	config Config
	reader Reader
}

// Webhook checks the signature, where there is to be one, and decodes the body.
func (s *source) Webhook(_ context.Context, w hire.Webhook) ([]hire.Event, error) {
	if !s.config.Secret.IsZero() {
		value, err := s.config.Secret.Resolve()
		if err != nil {
			return nil, err
		}
		v, err := NewVerifier(value)
		if err != nil {
			return nil, err
		}
		if err := v.Verify(w.Header, w.Body, w.At); err != nil {
			return nil, err
		}
	}
	return s.reader.Webhook(w.Body, w.At)
}

// File reads a dropped file, CSV or JSON.
func (s *source) File(in io.Reader, at time.Time) (hire.File, error) {
	file, err := s.reader.File(in, s.config.format(), at)
	return file.File, err
}
