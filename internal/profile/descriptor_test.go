package profile_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lucca-exchange/internal/profile"
	"lucca-exchange/schemas"
)

// standard is what Data Package 2.0 says of a resource of a table.
func standard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("testdata/resource-v2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("resource-v2.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("resource-v2.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func conforms(t *testing.T, s *jsonschema.Schema, descriptor []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(descriptor))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
}

// Whoever starts a partner of their own from a built-in one starts from the standard, with where
// it is from and what nobody has published.
func TestBuiltinSchemasAreDataPackagesOfVersion2(t *testing.T) {
	t.Parallel()
	s := standard(t)
	for _, name := range profile.Builtin() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := profile.Schema(name)
			if err != nil {
				t.Fatal(err)
			}
			conforms(t, s, b)
			p := open(t, name)
			if p.Name != name || p.Missing == "" || len(p.Sources) == 0 || len(p.Unknown) == 0 {
				t.Errorf("%s: a name of its own, what becomes of whoever is missing, sources and what is unknown: %q %q %v %v", name, p.Name, p.Missing, p.Sources, p.Unknown)
			}
		})
	}
}

// What others write for us is of the same standard.
func TestInboundSchemasAreDataPackagesOfVersion2(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{"users": schemas.Users, "hires": schemas.Hires} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conforms(t, standard(t), b)
		})
	}
}

// One of the two words for a column that must be there is enough.
func TestARequiredColumnIsSaidOnce(t *testing.T) {
	t.Parallel()
	for _, words := range []string{`"x-level": "required"`, `"constraints": {"required": true}`, `"x-level": "required", "constraints": {"required": true}`} {
		p, err := profile.Parse([]byte(`{"name": "own", "schema": {"fields": [{"name": "id", "x-source": ["mail"], `+words+`}]}}`), "own.json")
		if err != nil || p.Columns[0].Level != profile.Required {
			t.Errorf("%s: %+v, %v", words, p, err)
		}
	}
}

// A file that was written for version 1 is the same contract.
func TestASchemaOfVersion1IsRead(t *testing.T) {
	t.Parallel()
	const fields = `"name": "a", "schema": {"fields": [{"name": "id", "type": "string", "constraints": {"required": true}, "x-level": "required", "x-source": ["mail"]}]`
	for name, schema := range map[string]string{
		"v1":       `{"profile": "tabular-data-resource", ` + fields + `, "primaryKey": "id"}}`,
		"v1 list":  `{"profile": "tabular-data-resource", ` + fields + `, "primaryKey": ["id"]}}`,
		"v2":       `{"$schema": "https://datapackage.org/profiles/2.0/dataresource.json", "type": "table", ` + fields + `, "primaryKey": ["id"]}}`,
		"with BOM": "\uFEFF{" + fields + `, "primaryKey": "id"}}`,
	} {
		p, err := profile.Parse([]byte(schema), name)
		if err != nil || p.PrimaryKey != "id" || len(p.Columns) != 1 || p.Columns[0].Level != profile.Required {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := profile.Parse([]byte(`{`+fields+`, "primaryKey": 3}}`), "x"); err == nil || !strings.Contains(err.Error(), "primaryKey") {
		t.Errorf("a key that is a number: %v", err)
	}
}
