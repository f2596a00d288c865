package learn

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

func isRefused(err error) bool { return errors.Is(err, tabular.ErrRefused) }

// writeSection writes the section, and tries what was written on the whole file.
func (k *look) writeSection() error {
	inherit(k)
	text, err := k.section.yaml(k.in, k.lesson.Doubts)
	if err != nil {
		return err
	}
	k.lesson.YAML = text
	if k.lesson.Section, err = parse(text); err != nil {
		return err
	}
	return tryAll(k)
}

// inherit takes over what the flow says that no file shows.
func inherit(k *look) {
	known, s := k.known, &k.section
	id, shared := s.Policy.Identifier, s.MailShared
	s.Policy = known.Policy
	s.Policy.Identifier = id
	for _, mail := range shared {
		if !slices.ContainsFunc(s.MailShared, func(o string) bool { return person.AddressKey(o) == person.AddressKey(mail) }) {
			s.MailShared = append(slices.Clone(s.MailShared), mail)
		}
	}
	s.Approval, s.Limits, s.Apply = known.Approval, known.Limits, known.Apply
	s.Caps, s.Reports, s.Duplicates, s.IgnoreUnknown = known.Caps, known.Reports, known.Duplicates, known.IgnoreUnknown
}

// yaml writes the section as a flow of a configuration; see written.
func (s Section) yaml(in Input, doubts []Doubt) (string, error) {
	s.Policy.Identifier, s.Mode = cmp.Or(s.Policy.Identifier, plan.ByLogin), cmp.Or(s.Mode, plan.Delta)
	s.Approval = cmp.Or(s.Approval, plan.ApproveFirst)
	return written(in, "import", s, doubts)
}

// short writes lists, and tables of few entries, in one line.
func short(n *yaml.Node, depth int) {
	for _, child := range n.Content {
		short(child, depth+1)
	}
	const few = 8 // a key and a value each
	if n.Kind == yaml.SequenceNode || n.Kind == yaml.MappingNode && depth > 1 && len(n.Content) <= few || n.Kind == yaml.MappingNode && depth == 1 && len(n.Content) <= 2 {
		n.Style = yaml.FlowStyle
	}
}

// counted is a number or a date in the name of a file.
var counted = regexp.MustCompile(`[0-9](?:[0-9 _.-]*[0-9])?`)

// patternOfName makes a pattern of the name of one file: the next one has another date.
func patternOfName(name string) string {
	ext := filepath.Ext(name)
	base := strings.NewReplacer("*", "?", "[", "?", "]", "?", `\`, "?").Replace(strings.TrimSuffix(name, ext))
	base = counted.ReplaceAllString(base, "*")
	if !strings.Contains(base, "*") {
		base += "*"
	}
	return base + ext
}

// parse reads a section back as it was written.
func parse(text string) (Section, error) {
	var file struct {
		Flows map[string]struct {
			Import Section `yaml:"import"`
		} `yaml:"flows"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return Section{}, fmt.Errorf("read section: %w", err)
	}
	for _, flow := range file.Flows {
		flow.Import.Options.Identifier = flow.Import.Policy.Identifier
		return flow.Import, nil
	}
	return Section{}, errors.New("read section: there is no flow")
}

// tryAll reads the file as an import with this section does.
func tryAll(k *look) error {
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	table, info, err := userfile.Read(k.file, k.lesson.Section.Options)
	if err != nil && !isRefused(err) {
		return err
	}
	t := Trial{Refused: err != nil, Rows: info.Rows, Findings: table.Findings}
	rejected := make(map[int]bool)
	for _, f := range table.Findings {
		if f.Severity == finding.Error && f.Row > 0 {
			rejected[f.Row] = true
		}
	}
	further := table.Rejected.Sorted()
	for _, row := range table.Rows { // there are none of a refused file
		if rejected[row.Number] || further.Has(row.Number) {
			t.Rejected++
		}
	}
	if t.Findings == nil {
		t.Findings = []finding.Finding{}
	}
	k.lesson.Trial = t
	return nil
}

// Settled reports whether nothing is in doubt, and the file is read with no row rejected.
func (l Lesson) Settled() bool {
	return len(l.Doubts) == 0 && !l.Trial.Refused && l.Trial.Rejected == 0
}
