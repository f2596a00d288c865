package config

import (
	"fmt"
	"log/slog"
	"reflect"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/secret"
)

// HireConfig is embedded in Hires under a name of its own.
type HireConfig = hire.Config

// Hires is the part of a flow that makes employees of recruited candidates: the keys that
// every source of them has.
type Hires struct {
	HireConfig `yaml:",inline"`
	Approval   plan.Approval `yaml:"approval,omitempty" json:"approval,omitempty" jsonschema:"enum=always,enum=first,enum=limits,default=first,description=which plans wait for a person beside those over a limit"`
	Limits     plan.Limits   `yaml:"limits,omitempty" json:"limits,omitzero"`

	// Open sets the source up by its own keys. It reads no secret and sends nothing.
	Open func(hire.Flow) hire.Source `yaml:"-" json:"-"`
	// Secrets are those that are shown to the source, which may say them back.
	Secrets []secret.Ref `yaml:"-" json:"-"`
	// FileSources are the sources that read dropped files, for whoever has another.
	FileSources []string `yaml:"-" json:"-"`

	node *yaml.Node
}

// UnmarshalYAML keeps the section for later: which keys it may have depends on its source.
func (h *Hires) UnmarshalYAML(n *yaml.Node) error {
	h.node = n
	return nil
}

// plainHires are the keys of Hires without its method.
type plainHires Hires

// hires checks a hires flow: its hires come by webhook, by polling or as files.
func (l *loader) hires(path string, c *Config, f *Flow) {
	checkWriter(l.document, path, c, "a hires flow")
	at := join(path, "hires")
	n := f.Hires.node
	if n.Kind != yaml.MappingNode {
		misfit(l.document, n, reflect.TypeFor[plainHires](), at)
		return
	}
	var ways hire.Source
	f.Hires, ways = l.hiresSection(at, n)
	if f.From != "" {
		checkPickup(l.document, path, c, f)
	} else {
		l.unused(path, *f, "a flow without from", "pattern", "pickup", "unwrap", "expect_by")
	}
	if f.Hires.Open != nil {
		checkWaysIn(l.document, path, f, ways)
	}
	if !f.Hires.WebhookToken.IsZero() && !l.web {
		l.fault(join(at, "webhook_token"), "no webhook could come: want a section web, so that the daemon listens")
	}
}

// hiresSection decodes the keys that every source has, and those of the one that is named,
// which knows nothing of the others. It returns the ways that this has, too.
func (l *loader) hiresSection(at string, n *yaml.Node) (*Hires, hire.Source) {
	section, known := l.sourceKeys(n)
	shapeKeys(l.document, n, known, at)
	var common plainHires
	construct(l.document, n, at, &common)
	h, report := new(Hires(common)), l.under(at)
	if section == nil {
		noSuch(l.document, join(at, "source"), h.Source, names(l.registry.Sources))
	}
	h.HireConfig = h.Under(l.dir)
	h.Validate(report)
	checkSecrets(l.document, h.HireConfig, at)
	h.Approval.Validate(report)
	if section == nil {
		return h, hire.Source{}
	}
	construct(l.document, n, at, section.into())
	section.finish(l.dir, h.HireConfig, report)
	checkSecrets(l.document, section.into(), at)
	h.Open, h.Secrets = section.open, secretsOf(section.into())
	h.FileSources = readingFiles(l.registry.Sources)
	return h, section.open(hire.Flow{Config: h.HireConfig})
}

// sourceKeys are the keys that a section may have: those of its source beside those of every
// source. As long as it names none that there is, those of all of them are let through.
func (l *loader) sourceKeys(n *yaml.Node) (sourceSection, keys) {
	known := keysOf(reflect.TypeFor[plainHires]())
	var head struct {
		Source string `yaml:"source"`
	}
	_ = n.Load(&head) // another kind of value is told of with the other keys
	named, ok := find(l.registry.Sources, head.Source)
	if !ok {
		for _, s := range l.registry.Sources {
			known.add(reflect.TypeOf(s.Section()).Elem())
		}
		return nil, known
	}
	section := named.section()
	known.add(reflect.TypeOf(section.into()).Elem())
	known.elsewhere = make(map[string]string)
	for key, others := range ownKeys(l.registry.Sources) {
		known.elsewhere[key] = fmt.Sprintf("is no key of source: %s, but of %s", named.Name, and(others))
	}
	return section, known
}

// checkWaysIn checks that hires can come, and by no way that the source does not have.
func checkWaysIn(d *document, path string, f *Flow, ways hire.Source) {
	h, at := f.Hires, join(path, "hires")
	var missing []string
	if ways.Webhook != nil {
		missing = append(missing, "webhook_token")
	} else if !h.WebhookToken.IsZero() {
		d.fault(join(at, "webhook_token"), "%s sends no webhooks: leave it out", h.Source)
	}
	if ways.PollKeys != "" {
		missing = append(missing, ways.PollKeys)
	}
	if ways.File != nil {
		missing = append(missing, "from")
	} else if f.From != "" {
		d.fault(join(path, "from"), "%s drops no files of hires: those are of source: %s", h.Source, either(h.FileSources))
	}
	if h.WebhookToken.IsZero() && ways.Poll == nil && f.From == "" {
		d.fault(at, "no hire would ever come: want %s", either(missing))
	}
}

// HireSources are where the hires of each hires flow come from, by flow, of a version of the program.
func (c *Config) HireSources(version string, logger *slog.Logger) map[string]hire.Source {
	sources := make(map[string]hire.Source)
	for name, f := range c.Flows {
		if f.Hires != nil {
			sources[name] = f.Hires.Open(hire.Flow{Config: f.Hires.HireConfig, Zone: f.Zone, Version: version, Logger: logger.With("flow", name)})
		}
	}
	return sources
}
