package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/secret"
)

// Channel is one way to tell people or machines how runs end: how its section is read, and
// what carries the message. See NewChannel.
type Channel struct {
	// Name is the key of its section, such as email.
	Name string
	// Follows: it is told of every event of every run, and on: is not for it.
	Follows bool

	section func() channelSection
}

func (c Channel) name() string { return c.Name }

// Section is a blank section: a pointer to the channel's struct, whose tags describe its
// keys.
func (c Channel) Section() any { return c.section().into() }

// Following makes it a channel that is told of every event.
func (c Channel) Following() Channel { c.Follows = true; return c }

// ChannelConfig is what a channel's own struct of keys can do.
type ChannelConfig[C any] interface {
	// Under returns the section with relative paths resolved against dir.
	Under(dir string) C
	// WithDefaults returns the section with what was left out.
	WithDefaults() C
	// Validate reports every fault with the key that it is about.
	Validate(report func(key, message string))
}

// NewChannel makes a channel of a package: its struct of keys, by what it is called in the
// configuration, and what opens it. Opening reads secrets; its errors begin with the key.
func NewChannel[C ChannelConfig[C], O notify.Channel](name string, open func(C) (O, error)) Channel {
	return Channel{Name: name, section: func() channelSection { return &channelOf[C, O]{make: open} }}
}

// channelSection is one target's section while it is read, whatever its channel.
type channelSection interface {
	into() any
	finish(dir string, report func(key, message string))
	// digest tells sections apart. It is of the configuration, which holds where secrets are
	// and not what they are.
	digest(on []notify.Kind, l message.Language) string
	open() (notify.Channel, error)
}

type channelOf[C ChannelConfig[C], O notify.Channel] struct {
	config C
	make   func(C) (O, error)
}

func (s *channelOf[C, O]) into() any { return &s.config }

func (s *channelOf[C, O]) finish(dir string, report func(key, message string)) {
	s.config = s.config.Under(dir)
	s.config.Validate(report)
	s.config = s.config.WithDefaults()
}

func (s *channelOf[C, O]) digest(on []notify.Kind, l message.Language) string {
	parts := []any{s.config, on}
	if l != "" {
		parts = append(parts, l)
	}
	b, err := json.Marshal(parts)
	if err != nil {
		panic(fmt.Sprintf("marshal a struct of strings: %v", err)) // cannot happen
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

func (s *channelOf[C, O]) open() (notify.Channel, error) { return s.make(s.config) }

// Notification is one who is told how runs end.
type Notification struct {
	// Place is where it stands, such as notify[0].email.
	Place string
	// ID is the same as long as the section is.
	ID string
	// On are the ends that it is told of; Follows: all events are.
	On      []notify.Kind
	Follows bool
	// Language is that of who is told; empty for that of the configuration.
	Language message.Language
	// Digest is the line of the schedule by which it gets a digest; empty: never. Without ends it is
	// told of nothing else.
	Digest string
	// Secrets are those that are shown to the channel's server.
	Secrets []secret.Ref

	// open makes the channel, and reads its secrets. Its errors begin with a key of the section.
	open func() (notify.Channel, error)
	node *yaml.Node
}

// Targets opens the channels of whoever is told, in their order. Beside an error a target has its
// Place, and the error begins with a key below that.
func (c *Config) Targets() iter.Seq2[notify.Target, error] {
	return func(yield func(notify.Target, error) bool) {
		for _, n := range c.Notify {
			channel, err := n.open()
			if !yield(notify.Target{Place: n.Place, ID: n.ID, On: n.On, Follows: n.Follows, Language: cmp.Or(n.Language, c.Language), Channel: channel}, err) {
				return
			}
		}
	}
}

// UnmarshalYAML keeps the section for later: which struct it is decoded into depends on its
// channel.
func (n *Notification) UnmarshalYAML(node *yaml.Node) error {
	n.node = node
	return nil
}

// notifications decodes the targets.
func (l *loader) notifications(list []Notification) {
	seen := make(map[string]int)
	for i := range list {
		path := fmt.Sprintf("notify[%d]", i)
		n, ok := l.notification(path, list[i].node)
		if !ok {
			continue
		}
		if first, again := seen[n.ID]; again {
			l.fault(path, "is the same as notify[%d]", first)
		} else {
			seen[n.ID] = i
		}
		list[i] = n
	}
}

func (l *loader) notification(path string, node *yaml.Node) (n Notification, ok bool) {
	if node.Kind != yaml.MappingNode {
		l.fault(path, "want a group of keys, one of them %s", either(names(l.registry.Channels)))
		return n, false
	}
	var rest struct {
		On       []notify.Kind    `yaml:"on"`
		Language message.Language `yaml:"language"`
		Digest   string           `yaml:"digest"`
	}
	known := keysOf(reflect.TypeOf(rest))
	sections := make(map[string]channelSection)
	for _, c := range l.registry.Channels {
		sections[c.Name] = c.section()
		known.types[c.Name] = reflect.TypeOf(sections[c.Name].into()).Elem()
	}
	shapeKeys(l.document, node, known, path)
	construct(l.document, node, path, &rest)
	used := l.channelsIn(node)
	if len(used) == 0 && l.lost(path, names(l.registry.Channels)...) {
		return n, false // its name is misspelt, which is said
	}
	if len(used) != 1 {
		l.fault(path, "want exactly one of %s", either(names(l.registry.Channels)))
		return n, false
	}
	c, value := used[0].Channel, used[0].node
	section, at := sections[c.Name], join(path, c.Name)
	construct(l.document, value, at, section.into())
	section.finish(l.dir, l.under(at))
	checkSecrets(l.document, section.into(), at)
	checkEnds(l.document, path, c, rest.On)
	if c.Follows && rest.Language != "" {
		l.fault(join(path, "language"), "leave it out: a %s is read by a machine", c.Name)
	}
	l.checkDigest(path, c, rest.Digest)
	if len(rest.On) == 0 && !c.Follows && rest.Digest == "" {
		rest.On = notify.BadEnds()
	}
	return Notification{
		Place: at, ID: c.Name + ":" + section.digest(rest.On, rest.Language), Digest: rest.Digest, On: rest.On, Language: rest.Language, Follows: c.Follows, open: section.open, Secrets: secretsOf(section.into()),
	}, true
}

// checkDigest checks when a target wants a digest.
func (l *loader) checkDigest(path string, c Channel, line string) {
	at := join(path, "digest")
	if line == "" {
		return
	}
	if c.Follows {
		l.fault(at, "leave it out: a %s is read by a machine", c.Name)
		return
	}
	if _, err := schedule.Parse(line, time.UTC); err != nil {
		l.fault(at, "%v", err)
	}
}

// Digests are the schedules of those who get a digest, by their ID.
func (c *Config) Digests() map[string]notify.Schedule {
	by := make(map[string]notify.Schedule)
	for _, n := range c.Notify {
		if n.Digest == "" {
			continue
		}
		if s, err := schedule.Parse(n.Digest, c.Zone()); err == nil { // loading refuses such a line
			by[n.ID] = s
		}
	}
	return by
}

// checkEnds checks what a target wants to be told of.
func checkEnds(d *document, path string, c Channel, on []notify.Kind) {
	if c.Follows && len(on) > 0 {
		d.fault(join(path, "on"), "leave it out: a %s follows every run", c.Name)
		return
	}
	for i, kind := range on {
		if !slices.Contains(notify.BadEnds(), kind) {
			d.fault(fmt.Sprintf("%s.on[%d]", path, i), "want failed, held, rejections, missing or warning")
		}
	}
}

// usedChannel is a channel with its section in the file.
type usedChannel struct {
	Channel
	node *yaml.Node
}

func (l *loader) channelsIn(node *yaml.Node) (used []usedChannel) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if c, ok := find(l.registry.Channels, node.Content[i].Value); ok {
			used = append(used, usedChannel{c, node.Content[i+1]})
		}
	}
	return used
}

// either joins words as in "a, b or c".
func either(words []string) string { return joined(words, " or ") }

// and joins words as in "a, b and c".
func and(words []string) string { return joined(words, " and ") }

func joined(words []string, last string) string {
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + last + words[n]
	}
	return strings.Join(words, "")
}
