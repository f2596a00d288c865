package profile

import (
	"errors"
	"fmt"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/nearest"
	"lucca-exchange/internal/roster"
)

// An entry of x-source is an expression:
//
//	employeeNumber                          a value of the employee, by its dotted name
//	login if email                          the same, when it is an e-mail address
//	'FR'                                    a constant, in single or double quotes
//	upper(lastName)                         a function of other expressions
//	{establishment.code}-{employeeNumber}   a template: empty where a part of it is
//
// A quote inside quotes is doubled. A quoted text may be a template too.

// parseSource reads one entry of x-source.
func parseSource(text string) (source, error) {
	if isTemplate(text) {
		return parseTemplate(text)
	}
	p := parser{rest: text}
	s, err := p.expression()
	if err != nil {
		return source{}, err
	}
	if p.blanks(); p.rest != "" {
		return source{}, fmt.Errorf("%q is too much behind the source", p.rest)
	}
	return s, nil
}

// isTemplate reports whether a text has something to fill in before any call or quote.
func isTemplate(text string) bool {
	at := strings.IndexByte(text, '{')
	return at >= 0 && !strings.ContainsAny(text[:at], `('"`)
}

// parseTemplate reads a text with expressions in braces.
func parseTemplate(text string) (source, error) {
	var parts []source
	for text != "" {
		literal, rest, found := strings.Cut(text, "{")
		if strings.Contains(literal, "}") {
			return source{}, errors.New("a } without its {")
		}
		if literal != "" {
			parts = append(parts, constant(literal))
		}
		if !found {
			break
		}
		p := parser{rest: rest}
		s, err := p.expression()
		if err != nil {
			return source{}, err
		}
		if p.blanks(); !strings.HasPrefix(p.rest, "}") {
			return source{}, errors.New("a { without its }")
		}
		parts, text = append(parts, s), p.rest[1:]
	}
	return compose(parts, concatenated), nil
}

// parser reads expressions off the beginning of a text.
type parser struct{ rest string }

func (p *parser) blanks() { p.rest = strings.TrimLeft(p.rest, " \t") }

// next takes a byte when it comes next.
func (p *parser) next(b byte) bool {
	p.blanks()
	if p.rest == "" || p.rest[0] != b {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) expression() (source, error) {
	if p.blanks(); p.rest == "" {
		return source{}, errors.New("a source is missing")
	}
	if p.rest[0] == '\'' || p.rest[0] == '"' {
		text, err := p.quoted()
		switch {
		case err != nil:
			return source{}, err
		case strings.Contains(text, "{"):
			return parseTemplate(text)
		}
		return constant(text), nil
	}
	name := p.name()
	if p.next('(') {
		return p.call(name)
	}
	return named(name)
}

// quoted reads a text in quotes.
func (p *parser) quoted() (string, error) {
	quote := p.rest[:1]
	var text strings.Builder
	for rest := p.rest[1:]; ; {
		part, after, closed := strings.Cut(rest, quote)
		if !closed {
			return "", fmt.Errorf("a %s without its second", quote)
		}
		text.WriteString(part)
		if !strings.HasPrefix(after, quote) {
			p.rest = after
			return text.String(), nil
		}
		text.WriteString(quote)
		rest = after[1:]
	}
}

// name reads up to what ends a name: it may hold blanks, as before "if email".
func (p *parser) name() string {
	end := strings.IndexAny(p.rest, `(),{}'"`)
	if end < 0 {
		end = len(p.rest)
	}
	name := strings.TrimSpace(p.rest[:end])
	p.rest = p.rest[end:]
	return name
}

// call reads the arguments of a function, whose name and parenthesis are read.
func (p *parser) call(name string) (source, error) {
	f, known := functions()[name]
	if !known {
		return source{}, fmt.Errorf("unknown function %q%s", name, meant(name, functionNames()))
	}
	var args []argument
	for !p.next(')') {
		if len(args) > 0 && !p.next(',') {
			return source{}, fmt.Errorf("%s: a comma or ) is missing", name)
		}
		a, err := p.argument(f, len(args))
		if err != nil {
			return source{}, err
		}
		args = append(args, a)
	}
	s, err := f.apply(args)
	if err != nil {
		return source{}, fault.Hint(fmt.Errorf("%s: %w", name, err), "it is written %s", f.usage)
	}
	return s, nil
}

// argument is one of a call: a source, or a plain word such as 8 or FR. A quoted text may be
// either.
type argument struct {
	source source
	word   string
	quoted bool
}

func (p *parser) argument(f function, at int) (argument, error) {
	if p.blanks(); !f.word(at) {
		rest := p.rest
		s, err := p.expression()
		a := argument{source: s}
		if err == nil && (rest[0] == '\'' || rest[0] == '"') {
			inQuotes := parser{rest: rest}
			a.word, err = inQuotes.quoted()
			a.quoted = true
		}
		return a, err
	}
	if p.rest != "" && (p.rest[0] == '\'' || p.rest[0] == '"') {
		text, err := p.quoted()
		return argument{word: text}, err
	}
	return argument{word: p.name()}, nil
}

// constant is a source that is the same for everybody.
func constant(text string) source {
	return source{
		need: always(roster.Query{}),
		read: func(*roster.Roster, *roster.Employee) Value { return Value{Text: text} },
	}
}

// named finds a source by its dotted name, with " if email" behind it when only an e-mail
// address will do. Words may be written like legal_unit, too.
func named(text string) (source, error) {
	name, condition, conditional := strings.Cut(text, " if ")
	name = strings.TrimSpace(name)
	if conditional && strings.TrimSpace(condition) != "email" {
		return source{}, fmt.Errorf("unknown condition %q: only \"if email\" is known", condition)
	}
	for _, spelled := range []string{name, camel(name)} {
		for _, find := range []func(string) (source, bool){ofEmployee, ofRelation, ofContract, ofPlace, ofSetting} {
			if src, ok := find(spelled); ok {
				src.email, src.newer = conditional, src.fields != 0 && src.fields&^roster.Newer() == 0
				return src, nil
			}
		}
	}
	if name == "" {
		return source{}, errors.New("a source is missing; a template in braces stands alone, and join('', login, 'text') within others")
	}
	return source{}, fmt.Errorf("unknown source %q%s; a constant stands in quotes", name, meant(name, sourceNames()))
}

// camel writes legal_unit as legalUnit.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		if words[i] != "" {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
	}
	return strings.Join(words, "")
}

// meant suggests the nearest of some names.
func meant(name string, known []string) string {
	if best := nearest.Word(name, known); best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	return ""
}

// sourceNames are the dotted names, for whoever has misspelt one.
func sourceNames() []string {
	names := []string{
		"id", "language", "status", "employment.start", "employment.end", "contract.type", "contract.category", "annualSalary",
		"establishment.name", "establishment.code", "legalUnit.name", "legalUnit.code",
		"department.name", "department.code", "department.path", "department.level.1", "department.level.1.code",
		"costCenter.1.code", "costCenter.1.label", "manager.employeeNumber", "manager.mail", "manager.lastName", "manager.firstName", "manager.login",
	}
	for _, p := range roster.Properties() {
		if p.Kind == roster.Day || !p.Refers() || p.Kind == roster.NamedID {
			names = append(names, p.Name)
		}
	}
	return names
}

// compose makes one source of several by a function of their values.
func compose(parts []source, combine func([]Value) Value) source {
	about := aboutManager(parts)
	return source{
		need: needAll(parts), lacks: about.lacks, who: about.who, id: about.id,
		read: func(r *roster.Roster, e *roster.Employee) Value {
			var few [4]Value
			values := few[:0]
			for i := range parts {
				values = append(values, parts[i].value(r, e, true))
			}
			return combine(values)
		},
	}
}

func needAll(parts []source) need {
	return func(have Sources) (all roster.Query, missing string) {
		for _, s := range parts {
			q, lack := s.need(have)
			if all = all.Union(q); missing == "" {
				missing = lack
			}
		}
		return all, missing
	}
}

// aboutManager is the first part that is about somebody whom the employee refers to; the zero source
// for none.
func aboutManager(parts []source) source {
	for _, s := range parts {
		if s.lacks != "" {
			return s
		}
	}
	return source{}
}

// concatenated joins the parts of a template, which is empty where one of them is.
func concatenated(parts []Value) Value {
	var text strings.Builder
	for _, v := range parts {
		if v.IsZero() {
			return Value{Note: v.Note}
		}
		text.WriteString(v.String())
	}
	return Value{Text: text.String()}
}
