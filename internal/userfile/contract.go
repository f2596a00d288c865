package userfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/schemas"
)

// reasonsColumn is the key of the last column of a file of rejected rows. Reading leaves it out.
const reasonsColumn = "reasons"

// The texts of what our own files have, which are known in each language when a file comes back.
const (
	reasonsHeader = "report.reasons"
	rowsSheet     = "report.rows"
	findingsSheet = "report.findings"
)

// own is what tells a file of ours, in each language: the texts of reasonsHeader and findingsSheet, as
// a test sees. Every import asks, and all texts of a language take long to read.
func own() tabular.Own {
	return tabular.Own{Columns: []string{reasonsColumn, "motifs du rejet", "Ablehnungsgründe"}, Sheets: []string{"findings", "constats", "Befunde"}}
}

// isReasons reports whether a header is that of the reasons of an earlier time.
func isReasons(header string) bool {
	return slices.ContainsFunc(own().Columns, func(text string) bool { return strings.EqualFold(tabular.Clean(header), text) })
}

// unmended ends the reasons of a row that had not the shape of a row. Such a row is
// rejected until somebody takes that out: a spreadsheet makes all rows equally long, and so
// would hide that cells are missing or in the wrong column.
const unmended = "[once the row is right, clear this cell]"

// isUnmended reports whether reasons end so, in whichever language they were written.
func isUnmended(reasons string) bool {
	return slices.ContainsFunc(message.Languages(), func(l message.Language) bool {
		return strings.HasSuffix(tabular.Mend(reasons), tabular.Mend(message.In(l, time.UTC).Said(unmended)))
	})
}

// anyWord is the placeholder of the custom fields in the schema.
const anyWord = "*"

// resource is the part of the schema that reading needs.
type resource struct {
	Schema struct {
		Standard string  `json:"$schema"`
		Fields   []field `json:"fields"`
	} `json:"schema"`
}

// field is a column of the schema. What is not listed here is refused, since a misspelt
// alias would be an unknown header one day.
type field struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Format      string          `json:"format"`
	Constraints json.RawMessage `json:"constraints"`
	Level       string          `json:"x-level"`
	Aliases     []string        `json:"x-aliases"`
	Repeat      string          `json:"x-repeat"`
	Multiline   bool            `json:"x-multiline"`
	// Class is what the cells look like, where that can be told: see class.
	Class class `json:"x-class"`
}

// class is what the cells of a column look like.
type class string

// The classes of the schema; a date is one by its type. The cells of the others may be
// anything.
const (
	anyClass    class = ""
	loginClass  class = "login"
	nameClass   class = "name"
	mailClass   class = "mail"
	numberClass class = "number"
	phoneClass  class = "phone"
	dateClass   class = "date"
	// fieldClass is that of the custom fields.
	fieldClass class = "field"
)

// contract is the schema: what a header is bound to, and the keys of the columns, or the
// beginnings of their keys, whose cells may have line ends.
type contract struct {
	tabular.Contract
	multiline []string
	classes   map[string]class
	titles    map[string]string
}

func newContract() (contract, error) {
	var outer struct {
		Schema json.RawMessage `json:"schema"`
	}
	if err := json.Unmarshal(schemas.Users, &outer); err != nil {
		return contract{}, fmt.Errorf("read schema of user files: %w", err)
	}
	var r resource
	d := json.NewDecoder(bytes.NewReader(outer.Schema))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.Schema); err != nil {
		return contract{}, fmt.Errorf("read schema of user files: %w", err)
	}
	c := contract{classes: make(map[string]class), titles: make(map[string]string)}
	for _, f := range r.Schema.Fields {
		c.add(f)
	}
	c.complete(roster.Properties())
	c.complete(roster.Families())
	return c, nil
}

// complete adds the properties that the schema says nothing of.
func (c *contract) complete(properties []roster.Property) {
	for _, p := range properties {
		f := field{Name: p.Code, Class: classes[p.Kind], Multiline: p.Lines}
		key := p.Code
		switch {
		case p.Code == plan.SecondaryRoles, p.Kind == roster.SectionID:
			f.Name, f.Repeat, key = strings.TrimSuffix(p.Code, "_")+"_N", "N", strings.TrimSuffix(p.Code, "_")+"_"
		case strings.HasSuffix(p.Code, "_"):
			f.Name, f.Repeat = p.Code+anyWord, anyWord
		}
		if _, listed := c.classes[key]; listed || p.Code == "" {
			continue
		}
		c.add(f)
	}
}

// classes are those of the kinds that have one.
var classes = map[roster.Kind]class{
	roster.LoginText: loginClass, roster.GivenName: nameClass, roster.FamilyName: nameClass, roster.MailAddress: mailClass,
	roster.Number: numberClass, roster.Phone: phoneClass, roster.Day: dateClass, roster.Custom: fieldClass,
}

func (c *contract) add(f field) {
	column := f.column()
	c.classes[column.Key] = f.class()
	if f.Title != "" && column.Family == tabular.Single {
		c.titles[column.Key] = f.Title
	}
	c.Fields = append(c.Fields, column)
	if f.Multiline {
		c.multiline = append(c.multiline, column.Key)
	}
}

func (f field) column() tabular.Field {
	column := tabular.Field{Key: f.Name, Aliases: f.Aliases, Exact: f.Class == loginClass || f.Class == mailClass || f.Class == numberClass}
	if f.Repeat != "" {
		column.Key = strings.TrimSuffix(f.Name, f.Repeat)
		column.Family = tabular.Numbered
	}
	if f.Repeat == anyWord {
		column.Family = tabular.Worded
	}
	return column
}

func (f field) class() class {
	switch {
	case f.Type == "date":
		return dateClass
	case f.Name == "e_"+anyWord:
		return fieldClass
	default:
		return f.Class
	}
}

// classOf is the class of a column.
func (c contract) classOf(key string) class {
	if found, ok := c.classes[key]; ok {
		return found
	}
	for _, f := range c.Fields {
		if f.Family == tabular.Worded && strings.HasPrefix(key, f.Key) {
			return c.classes[f.Key]
		}
	}
	return anyClass
}

// takesLines reports whether the cells of a column may have line ends.
func (c contract) takesLines(key string) bool {
	for _, known := range c.multiline {
		if key == known || strings.HasSuffix(known, "_") && strings.HasPrefix(key, known) {
			return true
		}
	}
	return false
}

// Codes are what the columns of a file can be.
type Codes struct{ contract contract }

// NewCodes reads the schema.
func NewCodes() (Codes, error) {
	c, err := newContract()
	return Codes{c}, err
}

// Of returns what a header text stands for by itself: one of Lucca's codes.
func (c Codes) Of(text string) (code string, ok bool) { return c.contract.Key(text) }

// Title is how a person calls a code; empty for one of a family.
func (c Codes) Title(code string) string { return c.contract.titles[code] }
