package config_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/internal/wrap"
)

// schemaFile is what editors use to complete and check the configuration.
const schemaFile = "../../schemas/config.schema.json"

// generateSchema makes the JSON Schema of the configuration from its structs.
func generateSchema(t *testing.T) []byte {
	t.Helper()
	r := &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, ExpandedStruct: true, Anonymous: true}
	r.Namer = func(goType reflect.Type) string {
		if goType.Name() == "" {
			return ""
		}
		return path.Base(goType.PkgPath()) + goType.Name()
	}
	r.Mapper = func(goType reflect.Type) *jsonschema.Schema {
		switch goType {
		case reflect.TypeFor[secret.Ref]():
			return &jsonschema.Schema{
				Description: "where a secret is; never the secret itself",
				OneOf:       []*jsonschema.Schema{only("env", "name of an environment variable"), only("file", "path of a file that only its owner can read")},
			}
		case reflect.TypeFor[limit.Percent]():
			return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)? ?%$`}
		case reflect.TypeFor[config.Age]():
			return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+d|([0-9]+(\.[0-9]+)?(h|m|s))+)$`}
		case reflect.TypeFor[time.Duration]():
			return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`}
		case reflect.TypeFor[wrap.Config]():
			step := &jsonschema.Schema{Ref: "#/$defs/wrapStep"}
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{step, {Type: "array", Items: step}}}
		case reflect.TypeFor[wrap.UnwrapConfig]():
			step := &jsonschema.Schema{Ref: "#/$defs/unwrapStep"}
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{step, {Type: "array", Items: step}}}
		case reflect.TypeFor[plan.Defaults]():
			s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: &jsonschema.Schema{Type: "string"}}
			s.Properties.Set("by", inlined(r, []plan.DefaultRule{}))
			return s
		case reflect.TypeFor[profile.Choice]():
			type own profile.Choice
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Description: "key of an optional column of the profile"}, inlined(r, own{})}}
		case reflect.TypeFor[userfile.FullName]():
			s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema, Required: []string{"column"}}
			s.Properties.Set("column", &jsonschema.Schema{Type: "string", Description: "header text of the column"})
			s.Properties.Set("order", &jsonschema.Schema{Enum: []any{"last first", "first last"}, Description: "which of the names comes first"})
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Description: "header text that tells the order such as NOM Prénom"}, s}}
		case reflect.TypeFor[config.Notification]():
			return notification(r)
		case reflect.TypeFor[config.Hires]():
			var sources []*jsonschema.Schema
			for _, source := range app.Registry().Sources {
				sources = append(sources, named(t, "source", source.Name, inlined(r, source.Section()), commonHires(r)))
			}
			return &jsonschema.Schema{OneOf: sources}
		case reflect.TypeFor[config.Remote]():
			var types []*jsonschema.Schema
			for _, transport := range app.Registry().Transports {
				types = append(types, named(t, "type", transport.Type, inlined(r, transport.Section()), inlined(r, delivery.Options{})))
			}
			return &jsonschema.Schema{OneOf: types}
		}
		return nil
	}
	s := r.Reflect(&config.Config{})
	s.Definitions["wrapStep"], s.Definitions["unwrapStep"] = wrapStep(r, wrap.Step{}), wrapStep(r, wrap.UnwrapStep{})
	s.Title = "Configuration of lucca-exchange"
	s.Required = []string{"lucca", "remotes", "flows"}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// only is an object with one property of text.
func only(key, description string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{key}, AdditionalProperties: jsonschema.FalseSchema}
	s.Properties.Set(key, &jsonschema.Schema{Type: "string", Description: description})
	return s
}

// named is a section of which one key says what it is of, with the keys of that alone and
// those of all.
func named(t *testing.T, key, name string, own, all *jsonschema.Schema) *jsonschema.Schema {
	t.Helper()
	for p := all.Properties.Oldest(); p != nil; p = p.Next() {
		own.Properties.Set(p.Key, p.Value)
	}
	value := &jsonschema.Schema{Const: name}
	if described, ok := own.Properties.Get(key); ok {
		value.Description = described.Description
	}
	own.Properties.Set(key, value)
	if err := own.Properties.MoveToFront(key); err != nil {
		t.Fatal(err)
	}
	own.Required = append([]string{key}, own.Required...)
	return own
}

// commonHires has the keys that every source of hires has.
func commonHires(parent *jsonschema.Reflector) *jsonschema.Schema {
	r := *parent
	r.Mapper = func(goType reflect.Type) *jsonschema.Schema {
		if goType == reflect.TypeFor[config.Hires]() {
			return nil
		}
		return parent.Mapper(goType)
	}
	return inlined(&r, config.Hires{})
}

// notification is a target with the section of one channel, and what it is told of.
func notification(parent *jsonschema.Reflector) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, c := range app.Registry().Channels {
		s.Properties.Set(c.Name, inlined(parent, c.Section()))
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{c.Name}})
	}
	kinds := &jsonschema.Schema{Type: "string"}
	for _, kind := range notify.BadEnds() {
		kinds.Enum = append(kinds.Enum, kind)
	}
	s.Properties.Set("language", &jsonschema.Schema{
		Type: "string", Enum: []any{"en", "fr", "de"}, Description: "language of what is told; that of the configuration if left out; not for ping",
	})
	s.Properties.Set("digest", &jsonschema.Schema{
		Type: "string", Description: "cron line of when a digest of all runs is sent; without on nothing else is; not for ping", Examples: []any{"0 8 * * 1"},
	})
	s.Properties.Set("on", &jsonschema.Schema{
		Type: "array", Items: kinds,
		Description: "how a run ends that is told of; all of them if left out; not for ping which follows every run",
	})
	return s
}

// wrapStep is a step of a wrapping, or of its undoing: the name of a kind, or one kind with
// its options.
func wrapStep(parent *jsonschema.Reflector, step any) *jsonschema.Schema {
	options := inlined(parent, step)
	one := uint64(1)
	options.MinProperties, options.MaxProperties = &one, &one
	for _, kind := range []string{"gzip", "zip"} {
		own, _ := options.Properties.Get(kind)
		nothing := &jsonschema.Schema{Type: "null"}
		options.Properties.Set(kind, &jsonschema.Schema{OneOf: []*jsonschema.Schema{nothing, own}})
	}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Enum: []any{"gzip", "zip"}}, options}}
}

// inlined is the schema of a value, without references.
func inlined(parent *jsonschema.Reflector, v any) *jsonschema.Schema {
	r := *parent
	r.DoNotReference = true
	s := r.Reflect(v)
	s.Version = ""
	return s
}

func TestSchemaIsThatOfTheStructs(t *testing.T) {
	t.Parallel()
	want := generateSchema(t)
	if *update {
		write(t, schemaFile, want)
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("schemas/config.schema.json is stale: go test ./internal/config -run TestSchema -update")
	}
}

// What the program accepts the schema accepts too, and the other way round for the
// mistakes that a schema can see.
func TestSchemaAgreesWithTheProgram(t *testing.T) {
	t.Parallel()
	document, err := validator.UnmarshalJSON(bytes.NewReader(generateSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := validator.NewCompiler()
	if err := compiler.AddResource("config.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, valid := range map[string]bool{"good": true, "warnings": true, "sftp-every-way": true, "sftp-faults": false, "delivery-faults": false, "secret-written-in": false, "every-section": false} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := yaml.Load(archive.Files[0].Data, &value); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(plainKeys(value))
		if err != nil {
			t.Fatal(err)
		}
		instance, err := validator.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); (err == nil) != valid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// plainKeys makes a YAML value one of JSON, whose keys are text.
func plainKeys(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			text, err := yaml.Dump(key)
			if err != nil {
				return nil
			}
			out[strings.TrimSpace(string(text))] = plainKeys(value)
		}
		return out
	case map[string]any:
		for key, value := range v {
			v[key] = plainKeys(value)
		}
	case []any:
		for i := range v {
			v[i] = plainKeys(v[i])
		}
	}
	return v
}
