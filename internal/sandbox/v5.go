package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The version of the Lucca API that is served, and its pages.
const (
	v5Version      = "2024-11-01"
	v5Root         = "/lucca-api/"
	v5DefaultLimit = 25
	v5MaxLimit     = 100
)

// thing is one resource of v5: its members, beside id, type and url.
type thing struct {
	id      int
	members map[string]any
	// embeds are what it refers to, as far as the list embeds it.
	embeds []embedded
}

// embedded is a resource that comes beside those of a list.
type embedded struct {
	kind, id string
	value    any
}

// v5Resource is one collection.
type v5Resource struct {
	// kind is the type of its items, in the singular.
	kind string
	// filters are the query parameters that it knows, each a comma list of alternatives: they
	// name a member, or a member of a member.
	filters []string
	list    func(*v5Call) []thing
}

// v5Resources are the collections that there are, by name. A scope is this name with
// .readonly behind it.
func v5Resources() map[string]v5Resource {
	return map[string]v5Resource{
		"employees":                      {"employee", []string{"id", "email", "status"}, (*v5Call).employees},
		"employee-personal-records":      {"employee-personal-record", []string{"id", "employee.id"}, (*v5Call).personalRecords},
		"employments":                    {"employment", []string{"id", "employee.id", "legalEntity.id", "template.id", "status"}, (*v5Call).employments},
		"employment-templates":           {"employment-template", []string{"id"}, (*v5Call).templates},
		"job-positions":                  {"job-position", []string{"id", "employment.id", "employee.id", "status"}, (*v5Call).jobPositions},
		"departments":                    {"department", []string{"id", "isArchived"}, (*v5Call).departments},
		"business-establishments":        {"business-establishment", []string{"id", "legalEntity.id", "isArchived"}, (*v5Call).establishments},
		"legal-entities":                 {"legal-entity", []string{"id", "isArchived"}, (*v5Call).legalEntities},
		"occupation-categories":          {"occupation-category", []string{"id"}, (*v5Call).categories},
		"employee-attributes":            {"employee-attribute", []string{"definition.id", "employee.id", "applicability.asOf"}, (*v5Call).attributes},
		"employee-extensions":            {"employee-extension", []string{"extensionDefinition.id", "employee.id"}, (*v5Call).extensions},
		"employee-attribute-definitions": {"employee-attribute-definition", []string{"id"}, (*v5Call).definitions},
		"employee-extension-definitions": {"employee-extension-definition", []string{"id"}, (*v5Call).definitions},
	}
}

// v5Call is one request to the Lucca API.
type v5Call struct {
	call       *call
	resource   string
	collection v5Resource
	include    []string
}

// serveV5 answers the list of one collection.
func (c *call) serveV5(name string) answer {
	switch {
	case c.tenant.opts.NoV5:
		return c.problem(http.StatusNotFound, "", "")
	case !slices.Contains(c.scopes, name+".readonly"):
		return c.problem(http.StatusForbidden, "", "")
	}
	v := &v5Call{call: c, resource: name, collection: v5Resources()[name]}
	return v.answer()
}

// problem is an error in the form of RFC 7807, with the fault of one parameter if there is one.
func (c *call) problem(status int, parameter, fault string) answer {
	body := map[string]any{
		"type": fmt.Sprintf("https://httpstatuses.io/%d", status), "title": http.StatusText(status), "status": status,
		"extensions": map[string]string{"traceId": "00-sandbox"},
	}
	if parameter != "" {
		body["title"] = "One or more validation errors occurred."
		body["errors"] = map[string][]string{parameter: {fault}}
	}
	a := successOf(body)
	a.status, a.contentType, a.apiVersion = status, problemType, v5Version
	return a
}

func (c *v5Call) answer() answer {
	// A date between two versions means the earlier one, and there is none before the first.
	if at, err := time.Parse(time.DateOnly, c.call.http.Header.Get("Api-Version")); err != nil || at.Format(time.DateOnly) < v5Version {
		return c.call.problem(http.StatusBadRequest, "Api-Version", "The Api-Version header is required and must be a known version.")
	}
	query := c.call.http.URL.Query()
	if parameter, fault := c.check(query); fault != "" {
		return c.call.problem(http.StatusBadRequest, parameter, fault)
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if query.Get("limit") == "" {
		limit, err = v5DefaultLimit, nil
	}
	if err != nil || limit < 0 || limit > v5MaxLimit {
		return c.call.problem(http.StatusBadRequest, "limit", fmt.Sprintf("must be between 0 and %d", v5MaxLimit))
	}
	after, err := cursor(query.Get("page"))
	if err != nil {
		return c.call.problem(http.StatusBadRequest, "page", "is not a known page")
	}
	a := successOf(c.page(query, limit, after))
	a.apiVersion = v5Version
	return a
}

// check says which parameter is not one of the collection, and why.
func (c *v5Call) check(query url.Values) (parameter, fault string) {
	for name := range query {
		if !slices.Contains([]string{"limit", "page", "include"}, name) && !slices.Contains(c.collection.filters, name) {
			return name, "is not a parameter of this resource"
		}
	}
	if s := query.Get("include"); s != "" {
		c.include = strings.Split(s, ",")
	}
	for _, word := range c.include {
		if !slices.Contains([]string{"embedded", "links", "totalCount"}, word) {
			return "include", "is not one of embedded, links, totalCount"
		}
	}
	return "", ""
}

// page is the answer itself: what is behind a position in the list.
func (c *v5Call) page(query url.Values, limit, after int) map[string]any {
	var matching []thing
	for _, x := range c.collection.list(c) {
		if c.matches(query, x) {
			matching = append(matching, x)
		}
	}
	slices.SortFunc(matching, func(a, b thing) int { return a.id - b.id })
	rest := matching[slices.IndexFunc(append(matching, thing{id: after + 1}), func(x thing) bool { return x.id > after }):]
	shown := page(c.call.fault, rest, window{0, limit})
	items, beside := []any{}, map[string]map[string]any{}
	for _, x := range shown {
		items = append(items, c.form(x))
		for _, e := range x.embeds {
			if beside[e.kind] == nil {
				beside[e.kind] = map[string]any{}
			}
			beside[e.kind][e.id] = e.value
		}
	}
	body := map[string]any{"type": c.resource, "url": c.call.base + c.call.http.URL.RequestURI(), "items": items}
	if slices.Contains(c.include, "totalCount") {
		body["totalCount"] = len(matching)
	}
	if slices.Contains(c.include, "embedded") {
		body["embedded"] = beside
	}
	if slices.Contains(c.include, "links") {
		var next any
		if limit > 0 && len(rest) > limit {
			query.Set("page", token(rest[limit-1].id))
			next = map[string]string{"href": c.call.base + c.call.http.URL.Path + "?" + query.Encode()}
		}
		body["links"] = map[string]any{"prev": nil, "next": next}
	}
	return body
}

// form is a resource in full.
func (c *v5Call) form(x thing) map[string]any {
	id := strconv.Itoa(x.id)
	if own, named := x.members["id"].(string); named {
		id = own
	}
	x.members["id"], x.members["type"], x.members["url"] = id, c.collection.kind, c.call.base+v5Root+c.resource+"/"+id
	if slices.Contains(c.include, "links") {
		x.members["links"] = map[string]any{}
	}
	return x.members
}

// matches reports whether a resource meets all filters of the query.
func (c *v5Call) matches(query url.Values, x thing) bool {
	for _, filter := range c.collection.filters {
		wanted := query.Get(filter)
		if wanted == "" || filter == "applicability.asOf" {
			continue // nothing here changes with the day
		}
		if !slices.Contains(strings.Split(wanted, ","), x.text(filter)) {
			return false
		}
	}
	return true
}

// text is a member, or a member of a member, as filters see it.
func (x thing) text(path string) string {
	if path == "id" && x.members["id"] == nil {
		return strconv.Itoa(x.id)
	}
	outer, inner, nested := strings.Cut(path, ".")
	value := x.members[outer]
	if m, ok := value.(map[string]any); nested && ok {
		value = m[inner]
	}
	switch v := value.(type) {
	case *string:
		if v == nil {
			return "null"
		}
		return *v
	case nil:
		return "null"
	default:
		return fmt.Sprint(v)
	}
}

// token makes a position opaque, and cursor reads it again. No position is the start.
func token(after int) string {
	return "!" + base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(after)))
}

func cursor(s string) (after int, err error) {
	if s == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(s, "!"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(b))
}

// ref is a reference to a resource; null for none.
func (c *v5Call) ref(kind, collection string, id int) any {
	if id == 0 {
		return nil
	}
	text := strconv.Itoa(id)
	return map[string]any{"id": text, "type": kind, "url": c.call.base + v5Root + collection + "/" + text}
}
