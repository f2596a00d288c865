package profile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"lucca-exchange/internal/roster"
)

// function makes a source of its arguments.
type function struct {
	usage string
	// words are the places of arguments that are plain words and no sources.
	words []int
	apply func([]argument) (source, error)
}

func (f function) word(at int) bool { return slices.Contains(f.words, at) }

// functions are what an expression can call, by name.
func functions() map[string]function {
	return map[string]function{
		"first":     {usage: "first(a, b)", apply: first},
		"join":      {usage: "join(', ', a, b)", words: []int{0}, apply: joined},
		"upper":     textFunction("upper(a)", strings.ToUpper),
		"lower":     textFunction("lower(a)", strings.ToLower),
		"title":     textFunction("title(a)", titled),
		"trim":      textFunction("trim(a)", strings.TrimSpace),
		"digits":    textFunction("digits(a)", digitsOf),
		"pad":       {usage: "pad(a, 8) or pad(a, 8, ' ')", words: []int{1, 2}, apply: pad},
		"substring": {usage: "substring(a, 1, 3): from which character, how many", words: []int{1, 2}, apply: substring},
		"replace":   {usage: "replace(a, '-', '')", words: []int{1, 2}, apply: replace},
		"e164":      {usage: "e164(a, FR), with the country of numbers without one", words: []int{1}, apply: e164},
		"date":      {usage: "date(a, 'YYYY-MM')", words: []int{1}, apply: dated},
		"choose":    {usage: "choose(contract.type, 'CDI', a, 'CDD', b, c): a where it is CDI, b where it is CDD, else c, if given", apply: choose},
		"round":     {usage: "round(a, 2)", words: []int{1}, apply: round},
	}
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions())) }

// errArguments is about their number.
var errArguments = errors.New("wrong number of arguments")

func sources(args []argument) []source {
	list := make([]source, len(args))
	for i := range args {
		list[i] = args[i].source
	}
	return list
}

// mapped is a source that is a function of another one's text. Nothing stays nothing.
func mapped(of source, f func(string) Value) source {
	return compose([]source{of}, func(v []Value) Value {
		if v[0].IsZero() {
			return v[0]
		}
		return emptied(f(v[0].String()))
	})
}

// emptied notes that what was made of a value is nothing.
func emptied(v Value) Value {
	if v.IsZero() && v.Note == NoNote {
		v.Note = Emptied
	}
	return v
}

func textFunction(usage string, f func(string) string) function {
	return function{usage: usage, apply: func(args []argument) (source, error) {
		if len(args) != 1 {
			return source{}, errArguments
		}
		return mapped(args[0].source, func(s string) Value { return Value{Text: f(s)} }), nil
	}}
}

func first(args []argument) (source, error) {
	if len(args) == 0 {
		return source{}, errArguments
	}
	list := sources(args)
	s := compose(list, nil)
	s.read = func(r *roster.Roster, e *roster.Employee) Value { return firstOf(list, r, e) }
	return s, nil
}

func joined(args []argument) (source, error) {
	if len(args) < 2 {
		return source{}, errArguments
	}
	between := args[0].word
	return compose(sources(args[1:]), func(values []Value) Value {
		var texts []string
		var note Note
		for _, v := range values {
			if !v.IsZero() {
				texts = append(texts, v.String())
			} else if note == NoNote {
				note = v.Note
			}
		}
		if len(texts) > 0 {
			note = NoNote
		}
		return Value{Text: strings.Join(texts, between), Note: note}
	}), nil
}

func titled(s string) string { return cases.Title(language.Und).String(s) }

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// number reads the word at a place, which must be from lowest to highest.
func number(args []argument, at, lowest, highest int) (int, error) {
	n, err := strconv.Atoi(args[at].word)
	if err != nil || n < lowest || n > highest {
		return 0, fmt.Errorf("want a number from %d to %d, not %q", lowest, highest, args[at].word)
	}
	return n, nil
}

// longest is the most characters that padding makes.
const longest = 1000

func pad(args []argument) (source, error) {
	if len(args) != 2 && len(args) != 3 {
		return source{}, errArguments
	}
	width, err := number(args, 1, 1, longest)
	if err != nil {
		return source{}, err
	}
	with := "0"
	if len(args) == 3 {
		with = args[2].word
	}
	if utf8.RuneCountInString(with) != 1 {
		return source{}, errors.New("want one character to pad with")
	}
	return mapped(args[0].source, func(s string) Value {
		return Value{Text: strings.Repeat(with, max(0, width-utf8.RuneCountInString(s))) + s}
	}), nil
}

func substring(args []argument) (source, error) {
	if len(args) != 2 && len(args) != 3 {
		return source{}, errArguments
	}
	from, err := number(args, 1, 1, longest)
	length := longest
	if err == nil && len(args) == 3 {
		length, err = number(args, 2, 1, longest)
	}
	if err != nil {
		return source{}, err
	}
	return mapped(args[0].source, func(s string) Value {
		runes := []rune(s)
		start := min(from-1, len(runes))
		return Value{Text: string(runes[start:min(start+length, len(runes))])}
	}), nil
}

func replace(args []argument) (source, error) {
	if len(args) != 3 || args[1].word == "" {
		return source{}, errArguments
	}
	return mapped(args[0].source, func(s string) Value {
		return Value{Text: strings.ReplaceAll(s, args[1].word, args[2].word)}
	}), nil
}

func e164(args []argument) (source, error) {
	if len(args) != 1 && len(args) != 2 {
		return source{}, errArguments
	}
	country := "FR"
	if len(args) == 2 {
		country = strings.ToUpper(args[1].word)
	}
	if !phonenumbers.GetSupportedRegions()[country] {
		return source{}, fmt.Errorf("want a country of two letters, like FR, not %q", country)
	}
	return mapped(args[0].source, func(s string) Value {
		n, err := phonenumbers.Parse(s, country)
		if err != nil || !phonenumbers.IsPossibleNumber(n) {
			return Value{Note: NotAPhone}
		}
		return Value{Text: phonenumbers.Format(n, phonenumbers.E164)}
	}), nil
}

func dated(args []argument) (source, error) {
	if len(args) != 2 {
		return source{}, errArguments
	}
	pattern, err := ParsePattern(args[1].word)
	if err != nil {
		return source{}, err
	}
	return compose([]source{args[0].source}, func(v []Value) Value {
		day := v[0].Date
		if day.IsZero() && v[0].Text != "" {
			if day, err = roster.ParseDate(v[0].Text); err != nil {
				return Value{Note: NotADate}
			}
		}
		return Value{Text: pattern.Format(day), Note: v[0].Note}
	}), nil
}

func round(args []argument) (source, error) {
	if len(args) != 2 {
		return source{}, errArguments
	}
	decimals, err := number(args, 1, 0, 9)
	if err != nil {
		return source{}, err
	}
	s := mapped(args[0].source, func(s string) Value {
		n, ok := Rounded(s, decimals)
		if !ok {
			return Value{Note: NotANumber}
		}
		return Value{Text: n}
	})
	return s, nil
}

// choose reads one of several sources, by the value of the first.
func choose(args []argument) (source, error) {
	if len(args) < 3 {
		return source{}, errArguments
	}
	by, list := args[0].source, sources(args)
	of := make(map[string]source)
	for ; len(args) > 2; args = args[2:] {
		if !args[1].quoted {
			return source{}, errors.New("want the value to choose by in quotes")
		}
		if _, twice := of[args[1].word]; twice {
			return source{}, fmt.Errorf("%q is there twice", args[1].word)
		}
		of[args[1].word] = args[2].source
	}
	other := constant("")
	if len(args) == 2 {
		other = args[1].source
	}
	s := compose(list, nil)
	s.read = func(r *roster.Roster, e *roster.Employee) Value {
		value := by.value(r, e, true)
		chosen, known := of[value.String()]
		if !known {
			chosen = other
		}
		v := chosen.value(r, e, true)
		if v.IsZero() && v.Note == NoNote {
			v.Note = value.Note
		}
		if !known && !value.IsZero() {
			return emptied(v)
		}
		return v
	}
	return s, nil
}
