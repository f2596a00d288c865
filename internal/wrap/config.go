package wrap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/secret"
)

// Config is the key wrap of a flow: one step, or a list of steps in the order in which
// they are done. A step without options may be written as its name alone:
//
//	wrap: gzip
//	wrap: [gzip, {openpgp: {recipients: [./partner.asc]}}]
type Config []Step

// Step is one wrapping. Exactly one of the kinds is set.
type Step struct {
	Gzip    *Gzip    `yaml:"gzip,omitempty" json:"gzip,omitempty" jsonschema:"description=compress; adds .gz to the name"`
	Zip     *Zip     `yaml:"zip,omitempty" json:"zip,omitempty" jsonschema:"description=an archive with this one file; adds .zip to the name"`
	OpenPGP *OpenPGP `yaml:"openpgp,omitempty" json:"openpgp,omitempty" jsonschema:"description=encrypt for the partner's keys and sign with ours; adds .gpg or .asc to the name"`
	Age     *Age     `yaml:"age,omitempty" json:"age,omitempty" jsonschema:"description=encrypt with age; adds .age to the name"`

	at string
}

// Gzip compresses.
type Gzip struct {
	Suffix *string `yaml:"suffix,omitempty" json:"suffix,omitempty" jsonschema:"description=added to the name; empty keeps the name,default=.gz"`
}

// Zip makes an archive with one entry, named as the file.
type Zip struct {
	Suffix *string `yaml:"suffix,omitempty" json:"suffix,omitempty" jsonschema:"description=added to the name; empty keeps the name,default=.zip"`
}

// OpenPGP encrypts for every key in Recipients and, with SignWith, signs.
type OpenPGP struct {
	Recipients []string   `yaml:"recipients" json:"recipients" jsonschema:"required,minItems=1,description=files with the partner's public keys as they were sent"`
	SignWith   secret.Ref `yaml:"sign_with,omitempty" json:"sign_with,omitzero" jsonschema:"description=our private key to sign with; armored"`
	Passphrase secret.Ref `yaml:"passphrase,omitempty" json:"passphrase,omitzero" jsonschema:"description=what opens sign_with"`
	Armor      bool       `yaml:"armor,omitempty" json:"armor,omitempty" jsonschema:"description=write text instead of bytes; a third larger"`
	Suffix     *string    `yaml:"suffix,omitempty" json:"suffix,omitempty" jsonschema:"description=added to the name; empty keeps the name; default .gpg or with armor .asc"`
}

// Age encrypts for every recipient.
type Age struct {
	Recipients     []string `yaml:"recipients,omitempty" json:"recipients,omitempty" jsonschema:"description=public keys that begin with age1"`
	RecipientsFile string   `yaml:"recipients_file,omitempty" json:"recipients_file,omitempty" jsonschema:"description=file with one public key a line"`
	Armor          bool     `yaml:"armor,omitempty" json:"armor,omitempty" jsonschema:"description=write text instead of bytes; a third larger"`
	Suffix         *string  `yaml:"suffix,omitempty" json:"suffix,omitempty" jsonschema:"description=added to the name; empty keeps the name,default=.age"`
}

// UnwrapConfig is the key unwrap of a flow: one step, or a list of steps in the order in
// which they are undone, the outermost first.
type UnwrapConfig []UnwrapStep

// UnwrapStep undoes one wrapping. Exactly one of the kinds is set.
type UnwrapStep struct {
	Gzip    *Gunzip     `yaml:"gzip,omitempty" json:"gzip,omitempty" jsonschema:"description=uncompress"`
	Zip     *Unzip      `yaml:"zip,omitempty" json:"zip,omitempty" jsonschema:"description=take one file out of an archive"`
	OpenPGP *Decrypt    `yaml:"openpgp,omitempty" json:"openpgp,omitempty" jsonschema:"description=decrypt with our key and check the partner's signature"`
	Age     *AgeDecrypt `yaml:"age,omitempty" json:"age,omitempty" jsonschema:"description=decrypt with age"`

	at string
}

// Gunzip uncompresses; it has no options.
type Gunzip struct{}

// Unzip takes one file out of an archive.
type Unzip struct {
	Entry string `yaml:"entry,omitempty" json:"entry,omitempty" jsonschema:"description=name of the file in the archive; * and ? stand for any text; without it the archive must hold one file,example=*.csv"`
}

// Decrypt decrypts and, with SignedBy, insists on a valid signature by one of these keys.
type Decrypt struct {
	PrivateKey secret.Ref `yaml:"private_key" json:"private_key" jsonschema:"required,description=our private key; armored"`
	Passphrase secret.Ref `yaml:"passphrase,omitempty" json:"passphrase,omitzero" jsonschema:"description=what opens private_key"`
	SignedBy   []string   `yaml:"signed_by,omitempty" json:"signed_by,omitempty" jsonschema:"description=files with the public keys of which one must have signed the file"`
}

// AgeDecrypt decrypts.
type AgeDecrypt struct {
	Identity secret.Ref `yaml:"identity" json:"identity" jsonschema:"required,description=our key; a line that begins with AGE-SECRET-KEY-"`
}

// UnmarshalYAML reads one step or a list of them.
func (c *Config) UnmarshalYAML(n *yaml.Node) error {
	return eachStep(n, func(n *yaml.Node, at string) error {
		type plain Step
		var s plain
		err := n.Load(&s, yaml.WithKnownFields())
		s.at = at
		// What cannot be read at all has its error; more would only follow from it.
		if step := Step(s); err == nil || len(step.kinds()) > 0 {
			*c = append(*c, step)
		}
		return err
	})
}

// UnmarshalYAML reads one step or a list of them.
func (c *UnwrapConfig) UnmarshalYAML(n *yaml.Node) error {
	return eachStep(n, func(n *yaml.Node, at string) error {
		type plain UnwrapStep
		var s plain
		err := n.Load(&s, yaml.WithKnownFields())
		s.at = at
		// What cannot be read at all has its error; more would only follow from it.
		if step := UnwrapStep(s); err == nil || len(step.kinds()) > 0 {
			*c = append(*c, step)
		}
		return err
	})
}

// eachStep calls load with each step in its long form, and its place below the list. It
// returns all errors of the decoder as one.
func eachStep(n *yaml.Node, load func(n *yaml.Node, at string) error) error {
	steps, at := n.Content, func(i int) string { return fmt.Sprintf("[%d]", i) }
	if n.Kind != yaml.SequenceNode {
		steps, at = []*yaml.Node{n}, func(int) string { return "" }
	}
	var all yaml.LoadErrors
	for i, item := range steps {
		err := load(longForm(item), at(i))
		if list, ok := errors.AsType[*yaml.LoadErrors](err); ok {
			all.Errors = append(all.Errors, list.Errors...)
		} else if err != nil {
			return err
		}
	}
	if len(all.Errors) > 0 {
		return &all
	}
	return nil
}

// longForm turns gzip and {gzip: } into {gzip: {}}, which says the same.
func longForm(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	empty := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column}
	step := *n
	if n.Kind == yaml.ScalarNode {
		step = *empty
		step.Content = []*yaml.Node{n, empty}
		return &step
	}
	step.Content = slices.Clone(n.Content)
	for i := 1; n.Kind == yaml.MappingNode && i < len(step.Content); i += 2 {
		if step.Content[i].ShortTag() == "!!null" {
			step.Content[i] = empty
		}
	}
	return &step
}

// Under returns the configuration with relative paths resolved against dir.
func (c Config) Under(dir string) Config {
	c = slices.Clone(c)
	for i, s := range c {
		if s.OpenPGP != nil {
			o := *s.OpenPGP
			o.Recipients = allUnder(dir, o.Recipients)
			o.SignWith, o.Passphrase = o.SignWith.Under(dir), o.Passphrase.Under(dir)
			c[i].OpenPGP = &o
		}
		if s.Age != nil {
			a := *s.Age
			a.RecipientsFile = secret.Under(dir, a.RecipientsFile)
			c[i].Age = &a
		}
	}
	return c
}

// Under returns the configuration with relative paths resolved against dir.
func (c UnwrapConfig) Under(dir string) UnwrapConfig {
	c = slices.Clone(c)
	for i, s := range c {
		if s.OpenPGP != nil {
			o := *s.OpenPGP
			o.SignedBy = allUnder(dir, o.SignedBy)
			o.PrivateKey, o.Passphrase = o.PrivateKey.Under(dir), o.Passphrase.Under(dir)
			c[i].OpenPGP = &o
		}
		if s.Age != nil {
			c[i].Age = &AgeDecrypt{Identity: s.Age.Identity.Under(dir)}
		}
	}
	return c
}

func allUnder(dir string, paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = secret.Under(dir, p)
	}
	return out
}

// reporter is told of a fault and of the key that it is about; below adds to the key.
type reporter func(key, message string)

func (r reporter) below(key string) reporter {
	return func(k, message string) {
		if k != "" && k[0] != '[' {
			k = "." + k
		}
		r(key+k, message)
	}
}

// Validate reports every fault with the path of its key, which begins with "wrap". The
// keys are read and tried: what is accepted here works, until a key ends.
func (c Config) Validate(report func(key, message string)) { c.layers(report) }

// Validate reports every fault with the path of its key, which begins with "unwrap".
func (c UnwrapConfig) Validate(report func(key, message string)) { c.openers(report) }

// Name returns what a file is called once it is wrapped.
func (c Config) Name(plain string) string {
	for _, s := range c {
		plain += s.suffix()
	}
	return plain
}

func (s Step) suffix() string {
	switch {
	case s.Gzip != nil:
		return chosen(s.Gzip.Suffix, ".gz")
	case s.Zip != nil:
		return chosen(s.Zip.Suffix, ".zip")
	case s.OpenPGP != nil && s.OpenPGP.Armor:
		return chosen(s.OpenPGP.Suffix, ".asc")
	case s.OpenPGP != nil:
		return chosen(s.OpenPGP.Suffix, ".gpg")
	case s.Age != nil:
		return chosen(s.Age.Suffix, ".age")
	}
	return ""
}

func chosen(suffix *string, fallback string) string {
	if suffix == nil {
		return fallback
	}
	return *suffix
}

// goodSuffix is what is safe in a file name on every server.
var goodSuffix = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)
