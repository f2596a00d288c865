package message_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/message"
)

// TestEveryFindingHasItsSentence counts the codes of findings in the source and wants a text
// for each, and none for a code that nothing can say any more.
func TestEveryFindingHasItsSentence(t *testing.T) {
	t.Parallel()
	codes := codesOfSource(t)
	if len(codes) < 150 {
		t.Fatalf("only %d codes were found in the source: the search of this test is no longer how findings are made", len(codes))
	}
	c := load(t)
	for _, l := range message.Languages() {
		for _, code := range codes {
			if !slices.Contains(c.Keys(l), message.FindingKey(code)) {
				t.Errorf("%s: the finding %s has no sentence: add %q below %q in internal/message/%s.yaml, "+
					"at most 160 characters, without place or values: what is wrong, what was expected, what to do", l, code, code, "sentence", l)
			}
		}
		for _, key := range c.Keys(l) {
			if code, ok := strings.CutPrefix(key, message.FindingKey("")); ok && !slices.Contains(codes, code) {
				t.Errorf("%s: nothing says the finding %s any more: take %q out of internal/message/%s.yaml", l, code, key, l)
			}
		}
	}
}

// isCode is the shape of a code.
var isCode = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// carriers are the types whose field Code becomes the code of a finding.
var carriers = []string{"Finding", "Note", "Outcome"}

// sources follows codes in the source, from where a finding is made back to the literals.
type sources struct {
	packages map[string][]*ast.File
	codes    map[string]bool
	seen     map[string]bool
}

func codesOfSource(t *testing.T) []string {
	t.Helper()
	s := sources{packages: make(map[string][]*ast.File), codes: make(map[string]bool), seen: make(map[string]bool)}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		s.packages[filepath.Dir(path)] = append(s.packages[filepath.Dir(path)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range s.packages {
		s.literals(dir, "Code", func(dir, kind string) bool {
			return slices.Contains(carriers, kind) && (kind != "Outcome" || strings.HasSuffix(dir, "apply"))
		})
	}
	return slices.Sorted(maps.Keys(s.codes))
}

// functions are all functions of a package.
func (s *sources) functions(dir string, visit func(*ast.FuncDecl)) {
	for _, file := range s.packages[dir] {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				visit(f)
			}
		}
	}
}

// literals follows what composite literals of some types give to a field.
func (s *sources) literals(dir, field string, wanted func(dir, kind string) bool) {
	structs := s.structs(dir)
	for _, file := range s.packages[dir] {
		for _, d := range file.Decls {
			f, _ := d.(*ast.FuncDecl)
			var element ast.Expr
			ast.Inspect(d, func(n ast.Node) bool {
				l, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				if array, ok := l.Type.(*ast.ArrayType); ok {
					element = array.Elt
				}
				of := cmp.Or(l.Type, element)
				if !wanted(dir, typeName(of)) {
					return true
				}
				order := structs[typeName(of)]
				if st, ok := of.(*ast.StructType); ok {
					order = fields(st)
				}
				for i, e := range l.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok {
						if key, ok := kv.Key.(*ast.Ident); ok && key.Name == field {
							s.follow(dir, f, kv.Value)
						}
					} else if i < len(order) && order[i] == field {
						s.follow(dir, f, e)
					}
				}
				return true
			})
		}
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StructType:
		return anonymous
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.UnaryExpr:
		return typeName(e.X)
	}
	return ""
}

// anonymous stands for the struct types that have no name.
const anonymous = "struct"

// fields are the names of the fields of a struct type, in order.
func fields(st *ast.StructType) (names []string) {
	for _, f := range st.Fields.List {
		for _, name := range f.Names {
			names = append(names, name.Name)
		}
		if len(f.Names) == 0 {
			names = append(names, typeName(f.Type))
		}
	}
	return names
}

// structs are the struct types of a package by name.
func (s *sources) structs(dir string) map[string][]string {
	all := make(map[string][]string)
	for _, file := range s.packages[dir] {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if st, ok := spec.Type.(*ast.StructType); ok {
					all[spec.Name.Name] = fields(st)
				}
			}
			return true
		})
	}
	return all
}

// follow finds the literals behind an expression.
func (s *sources) follow(dir string, f *ast.FuncDecl, e ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && isCode.MatchString(text) {
			s.codes[text] = true
		}
	case *ast.Ident:
		s.name(dir, f, e.Name)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && s.constant(filepath.Join("..", x.Name), e.Sel.Name) {
			return
		}
		s.field(dir, e.Sel.Name)
	case *ast.BinaryExpr:
		s.composed(dir, f, e)
	case *ast.CallExpr:
		if typeName(e.Fun) == "string" && len(e.Args) == 1 {
			s.follow(dir, f, e.Args[0])
		}
	}
}

// composed takes the codes that are put together of two words.
func (s *sources) composed(dir string, f *ast.FuncDecl, e *ast.BinaryExpr) {
	l, ok := e.X.(*ast.BasicLit)
	if !ok {
		return
	}
	var words []string
	switch prefix := strings.Trim(l.Value, `"`); {
	case prefix == "manager_without_": // the rest is the name of a property, and the sentence does without
		s.codes[strings.TrimSuffix(prefix, "_")] = true
		return
	case prefix == "skipped_":
		words = s.keys("../flow/inbox", "Reason")
	case prefix == "not_a_table_":
		words = s.firsts("../tabular", "kind")
	case prefix == "unknown_" && dir == "../export":
		for _, key := range s.firsts("../export", "group") {
			words = append(words, strings.TrimSuffix(strings.ReplaceAll(key, "categories", "category"), "s"))
		}
	default:
		inner := sources{packages: s.packages, codes: make(map[string]bool), seen: make(map[string]bool)}
		inner.follow(dir, f, e.Y)
		words = slices.Collect(maps.Keys(inner.codes))
	}
	if len(words) == 0 {
		panic("codes that begin with " + l.Value + ": tell this test which there are")
	}
	for _, w := range words {
		s.codes[strings.Trim(l.Value, `"`)+w] = true
	}
}

// keys are the constants of pickup that are keys of a map by that type.
func (s *sources) keys(dir, kind string) (values []string) {
	for _, file := range s.packages[dir] {
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if m, ok := l.Type.(*ast.MapType); ok && typeName(m.Key) == kind {
				for _, e := range l.Elts {
					name := typeName(e.(*ast.KeyValueExpr).Key)
					s.specs("../pickup", func(spec *ast.ValueSpec) {
						if spec.Names[0].Name == name {
							values = append(values, strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
						}
					})
				}
			}
			return true
		})
	}
	return values
}

// firsts are the first texts of the literals of a type.
func (s *sources) firsts(dir, kind string) (values []string) {
	take := func(l *ast.CompositeLit) {
		if text, ok := l.Elts[0].(*ast.BasicLit); ok {
			values = append(values, strings.Trim(text.Value, `"`))
		}
	}
	for _, file := range s.packages[dir] {
		ast.Inspect(file, func(n ast.Node) bool {
			l, ok := n.(*ast.CompositeLit)
			if !ok || len(l.Elts) == 0 {
				return true
			}
			if typeName(l.Type) == kind {
				take(l)
			}
			if a, ok := l.Type.(*ast.ArrayType); ok && typeName(a.Elt) == kind {
				for _, e := range l.Elts {
					if element, ok := e.(*ast.CompositeLit); ok && len(element.Elts) > 0 {
						take(element)
					}
				}
			}
			return true
		})
	}
	return values
}

// field follows a field of this package's own types.
func (s *sources) field(dir, name string) {
	switch {
	case name == "Reason":
		s.constants("../hire", "Reason")
	case name == "code" && !s.once(dir, "field", name):
		structs := s.structs(dir)
		s.literals(dir, name, func(_, kind string) bool {
			return kind == anonymous || kind != "kind" && slices.Contains(structs[kind], name)
		})
	}
	if name != "code" || s.once(dir, "set", name) {
		return
	}
	s.functions(dir, func(f *ast.FuncDecl) { s.assigned(dir, f, f.Body, name) })
}

func (s *sources) once(key ...string) bool {
	k := strings.Join(key, " ")
	was := s.seen[k]
	s.seen[k] = true
	return was
}

// name follows a constant, a variable or a parameter.
func (s *sources) name(dir string, f *ast.FuncDecl, name string) {
	if s.constant(dir, name) || f == nil {
		return
	}
	if i, ok := parameterAt(f.Type, name); ok {
		s.calls(dir, call{f.Name.Name, f.Recv != nil, i}, nil)
		if ast.IsExported(f.Name.Name) {
			for other := range s.packages {
				if other != dir {
					s.calls(other, call{f.Name.Name, true, i}, nil)
				}
			}
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok && len(assign.Lhs) == 1 && len(assign.Rhs) == 1 {
			if lit, ok := assign.Rhs[0].(*ast.FuncLit); ok {
				if i, ok := parameterAt(lit.Type, name); ok {
					s.calls(dir, call{typeName(assign.Lhs[0]), false, i}, f)
				}
			}
		}
		return true
	})
	s.assigned(dir, f, f.Body, name)
}

// assigned follows what a variable or a field is set to.
func (s *sources) assigned(dir string, f *ast.FuncDecl, in ast.Node, name string) {
	if s.once(dir, f.Name.Name, "assigned", name, strconv.Itoa(int(f.Pos()))) {
		return
	}
	ast.Inspect(in, func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok && len(assign.Lhs) == len(assign.Rhs) {
			for i := range assign.Lhs {
				if typeName(assign.Lhs[i]) == name {
					s.follow(dir, f, assign.Rhs[i])
				}
			}
		}
		return true
	})
}

func parameterAt(f *ast.FuncType, name string) (int, bool) {
	i := 0
	for _, field := range f.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				return i, true
			}
			i++
		}
	}
	return 0, false
}

// call is an argument, by its place, of a function that is called by its name alone, or with
// what it belongs to.
type call struct {
	name      string
	qualified bool
	at        int
}

// calls follows an argument of every call, in one function only where that is a closure of it.
func (s *sources) calls(dir string, of call, within *ast.FuncDecl) {
	scope := ""
	if within != nil {
		scope = within.Name.Name + strconv.Itoa(int(within.Pos()))
	}
	if s.once(dir, scope, "calls", of.name, strconv.FormatBool(of.qualified), strconv.Itoa(of.at)) {
		return
	}
	s.functions(dir, func(f *ast.FuncDecl) {
		if within != nil && f != within {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && typeName(call.Fun) == of.name && of.at < len(call.Args) {
				if _, qualified := call.Fun.(*ast.SelectorExpr); qualified == of.qualified {
					s.follow(dir, f, call.Args[of.at])
				}
			}
			return true
		})
	})
}

// constant takes the value of a constant of a package, and reports whether there is one.
func (s *sources) constant(dir, name string) (found bool) {
	s.specs(dir, func(spec *ast.ValueSpec) {
		for i, n := range spec.Names {
			if n.Name == name && i < len(spec.Values) {
				found = true
				if typeName(spec.Type) != "Severity" {
					s.follow(dir, nil, spec.Values[i])
				}
			}
		}
	})
	return found
}

// constants takes the values of all constants of a type.
func (s *sources) constants(dir, kind string) {
	s.specs(dir, func(spec *ast.ValueSpec) {
		if typeName(spec.Type) != kind {
			return
		}
		for _, v := range spec.Values {
			if l, ok := v.(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(l.Value); err == nil && text != "" {
					s.codes[text] = true
				}
			}
		}
	})
}

func (s *sources) specs(dir string, visit func(*ast.ValueSpec)) {
	for _, file := range s.packages[dir] {
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						visit(v)
					}
				}
			}
		}
	}
}
