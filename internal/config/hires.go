package config

import (
	"reflect"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// HireConfig and FlatchrConfig are embedded in Hires under names of their own.
type (
	// HireConfig holds the keys that every source of hires has.
	HireConfig = hire.Config
	// FlatchrConfig holds those that only Flatchr has.
	FlatchrConfig = flatchr.Config
)

// Hires is the part of a flow that makes employees of recruited candidates.
type Hires struct {
	HireConfig    `yaml:",inline"`
	FlatchrConfig `yaml:",inline"`
	Approval      plan.Approval `yaml:"approval,omitempty" json:"approval,omitempty" jsonschema:"enum=always,enum=first,enum=limits,default=first,description=which plans wait for a person beside those over a limit"`
	Limits        plan.Limits   `yaml:"limits,omitempty" json:"limits,omitzero"`
	Separator     string        `yaml:"separator,omitempty" json:"separator,omitempty" jsonschema:"description=of dropped CSV files: one character; ; if left out"`
	Encoding      string        `yaml:"encoding,omitempty" json:"encoding,omitempty" jsonschema:"enum=auto,enum=utf-8,enum=windows-1252,enum=iso-8859-15,enum=utf-16,enum=cp850,enum=macintosh,description=of dropped CSV files; auto if left out"`
}

// Format is that of dropped files.
func (h *Hires) Format() tabular.Format {
	return tabular.Format{Separator: h.Separator, Encoding: h.Encoding}
}

// hires checks a hires flow: its hires come by webhook, by polling or as files.
func (l *loader) hires(path string, c *Config, f *Flow) {
	l.writes(path, c, "a hires flow")
	h, at := f.Hires, join(path, "hires")
	h.HireConfig, h.FlatchrConfig = h.HireConfig.Under(l.dir), h.FlatchrConfig.Under(l.dir)
	report := l.under(at)
	h.HireConfig.Validate(report)
	l.secrets(reflect.ValueOf(h), at)
	h.Approval.Validate(report)
	h.Format().Validate(report)
	switch {
	case h.Source == hire.Flatchr:
		h.FlatchrConfig.Validate(report)
	case !h.IsZero():
		l.fault(at, "company, api_key, url and columns are for source: %s", hire.Flatchr)
	}
	if h.Source == hire.Flatchr && f.From != "" {
		l.fault(join(path, "from"), "files of hires have no form of Flatchr's: use source: %s for them", hire.Generic)
	}
	if f.From != "" {
		l.source(path, c, f)
	} else {
		l.unused(path, *f, "a flow without from", "pattern", "pickup", "unwrap", "expect_by")
	}
	if !h.WebhookToken.IsZero() && !l.web {
		l.fault(join(at, "webhook_token"), "no webhook could come: want a section web, so that the daemon listens")
	}
	if h.WebhookToken.IsZero() && !h.Polls() && f.From == "" {
		l.fault(at, "no hire would ever come: want webhook_token, company with api_key, or from")
	}
}
