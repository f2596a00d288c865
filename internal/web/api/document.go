package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// configuration is how the document begins. It has no version of the program: anybody may read
// it.
func configuration() huma.Config {
	prefix := "#/components/schemas/"
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "lucca-exchange", Version: "1",
				Description: "What the daemon of lucca-exchange knows and does: flows, runs, plans, people, hires, audit. " +
					"The documents are those that its commands print with --json. An error is a problem (RFC 9457) with a code to branch on and a hint.",
				License: &huma.License{Name: "Proprietary"},
			},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry(prefix, schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":    {Type: "http", Scheme: "bearer", Description: "lucca-exchange token create NAME --role ROLE --flow FLOW --until DAY"},
					"password": {Type: "http", Scheme: "basic", Description: "a user of web.users"},
					"session":  {Type: "apiKey", In: "cookie", Name: "__Host-lucca-exchange", Description: "somebody who signed in to the console"},
				},
			},
		},
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}, DefaultFormat: "application/json",
		Transformers: []huma.Transformer{asProblem}, RejectUnknownQueryParameters: true,
	}
}

// schemaName names a type in the document by its package too: explain.Person is not
// export.Person. Types of this package have their own name.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[huma.ErrorModel]() {
		return routersProblem
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if where := path.Base(t.PkgPath()); t.Name() != "" && where != "api" && where != "." {
		name = strings.ToUpper(where[:1]) + where[1:] + name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
