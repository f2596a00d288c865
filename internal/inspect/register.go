package inspect

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// Register is what a configuration knows of the entry that a company keeps in its register of
// processing activities (GDPR, article 30). What only the company knows, such as its name and the
// legal basis, is not in it.
type Register struct {
	Processing []Processing      `json:"processing"`
	Retention  RegisterRetention `json:"retention"`
	Security   RegisterSecurity  `json:"security"`
}

// Processing is one flow as a processing activity.
type Processing struct {
	Flow string   `json:"flow"`
	Kind run.Kind `json:"kind"`
	// Lucca is the address of the tenant.
	Lucca string `json:"lucca"`
	// Leavers: people who have left are in it too.
	Leavers bool `json:"leavers,omitempty"`
	// Reads are the fields that are read of employees, and what each is for.
	Reads []RegisterField `json:"reads"`
	// Writes are the fields of Lucca that are set, as far as the configuration names them; AndFile
	// says that those are set too which the file has a column for.
	Writes  []string `json:"writes,omitempty"`
	AndFile bool     `json:"and_columns_of_the_file,omitempty"`
	// Categories are the kinds of data.
	Categories []DataCategory `json:"categories"`
	// From and To are where files come from and go to; Source is the ATS of hires.
	From   *RegisterParty `json:"from,omitempty"`
	To     *RegisterParty `json:"to,omitempty"`
	Source string         `json:"source,omitempty"`
	// Approvals is how many people have to approve what is held; Approval says which plans are, beside
	// those over a limit. A file of an export is held over a limit alone.
	Approvals int           `json:"approvals"`
	Approval  plan.Approval `json:"approval"`
	Schedule  string        `json:"schedule,omitempty"`
}

// RegisterField is a field of Lucca, and the columns of the partner's file that are made of it; without
// any it is read to tell people apart and to compare.
type RegisterField struct {
	Field   string   `json:"field"`
	Columns []string `json:"columns,omitempty"`
}

// RegisterParty is a server that files come from or go to.
type RegisterParty struct {
	Remote string `json:"remote"`
	Type   string `json:"type"`
	Host   string `json:"host,omitempty"`
	// Transit is how the connection is protected, Wrapped how the file itself is.
	Transit Transit  `json:"transit"`
	Wrapped []string `json:"wrapped,omitempty"`
}

// Transit is how a connection is protected.
type Transit string

// The ways.
const (
	BySSH     Transit = "ssh"
	ByTLS     Transit = "tls"
	Plain     Transit = "plain"
	OnMachine Transit = "local"
)

// RegisterRetention is for how long things are kept, as the configuration writes it.
type RegisterRetention struct {
	// Files are working files, plans, candidates and who was in them; Runs is the history, and the audit.
	Files string `json:"files"`
	Runs  string `json:"runs"`
}

// RegisterSecurity is what protects the data here.
type RegisterSecurity struct {
	// State is sqlite or postgres.
	State string `json:"state"`
	// Console is how browsers reach it: tls, proxy, local, or none.
	Console string `json:"console"`
	// SignIn is how people prove who they are: password, oidc.
	SignIn []string `json:"sign_in,omitempty"`
}

// DataCategory is a kind of data.
type DataCategory string

// The categories, in the order in which they are listed.
const (
	Identity     DataCategory = "identity"
	Contact      DataCategory = "contact"
	Employment   DataCategory = "employment"
	Organisation DataCategory = "organisation"
	Pay          DataCategory = "pay"
	OwnFields    DataCategory = "custom_fields"
)

func dataCategories() []DataCategory {
	return []DataCategory{Identity, Contact, Employment, Organisation, Pay, OwnFields}
}

// What Lucca has of somebody beside the fields of users.
const (
	fieldContracts = "contracts"
	fieldPay       = "pay"
	fieldLegalUnit = "legalUnit"
)

// RegisterOf is the entry of a configuration, its flows by name.
func RegisterOf(c *config.Config) Register {
	r := Register{Retention: RegisterRetention{Files: c.Retention.Files.String(), Runs: c.Retention.Runs.String()}, Security: securityOf(c)}
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		r.Processing = append(r.Processing, processing(c, name))
	}
	return r
}

func processing(c *config.Config, name string) Processing {
	f := c.Flows[name]
	p := Processing{Flow: name, Kind: f.Kind(), Lucca: siteOf(c.Tenants[f.Tenant].URL), Approvals: max(f.Approvals, 1), Approval: plan.ApproveLimits, Schedule: f.Schedule}
	switch p.Kind {
	case run.Import:
		p.AndFile, p.Approval = true, cmp.Or(f.Import.Approval, plan.ApproveFirst)
		p.Reads = readsOf(plan.Query(columnsOf(f.Import.Columns, f.Import.Constants), f.Import.Policy), nil)
		p.Writes = written(f.Import.Defaults, slices.Collect(maps.Values(f.Import.Columns)), slices.Collect(maps.Keys(f.Import.Constants)))
		p.Leavers = true
	case run.Hires:
		p.Source, p.Approval = f.Hires.Source, cmp.Or(f.Hires.Approval, plan.ApproveFirst)
		columns := hire.Settings{Config: f.Hires.HireConfig, Zone: f.Zone}.Columns()
		p.Reads = readsOf(plan.Query(columns, f.Hires.Policy()), nil)
		p.Writes = []string{"login"} // the plan makes one
		for _, c := range columns {
			p.Writes = append(p.Writes, c.Code)
		}
		p.Writes = written(f.Hires.Defaults, p.Writes)
		p.Leavers = true
	default:
		q := export.Query(f.Binding, f.Export.Population)
		q.Establishments = q.Establishments || f.Export.Split != ""
		columns := make(map[string][]string)
		for i := range f.Binding.Columns {
			column := &f.Binding.Columns[i]
			for _, field := range fieldsOf(column.Query()) {
				columns[field] = append(columns[field], column.Header)
			}
		}
		p.Reads, p.Leavers = readsOf(q, columns), q.Former
	}
	if f.From != "" {
		p.From = party(c, f.From)
		for _, s := range f.Unwrap {
			p.From.Wrapped = append(p.From.Wrapped, s.Kind())
		}
	}
	if f.To != "" {
		p.To = party(c, f.To)
		for _, s := range f.Wrap {
			p.To.Wrapped = append(p.To.Wrapped, s.Kind())
		}
	}
	p.Categories = categoriesOf(p, c.Tenants[f.Tenant].AnnualSalary.Field)
	return p
}

// columnsOf are columns of the codes that a configuration gives to headers, or values to.
func columnsOf(byHeader map[string]string, constants ...map[string]string) []plan.Column {
	codes := slices.Collect(maps.Values(byHeader))
	for _, c := range constants {
		codes = append(codes, slices.Collect(maps.Keys(c))...)
	}
	slices.Sort(codes)
	var list []plan.Column
	for _, code := range slices.Compact(codes) {
		list = append(list, plan.Column{Code: code})
	}
	return list
}

// written are the codes that are set, in order.
func written(defaults plan.Defaults, more ...[]string) []string {
	codes := slices.Concat(more...)
	for code := range defaults.Values {
		codes = append(codes, code)
	}
	for _, rule := range defaults.By {
		codes = append(codes, slices.Collect(maps.Keys(rule.Set))...)
	}
	return ordered(codes)
}

// ordered is codes as Lucca's documentation has them, each once; others come last.
func ordered(codes []string) []string {
	place := make(map[string]int)
	for n, p := range roster.Properties() {
		place[p.Code] = n + 1
	}
	slices.SortFunc(codes, func(a, b string) int {
		if place[a] != place[b] && place[a] > 0 && place[b] > 0 {
			return place[a] - place[b]
		}
		if (place[a] > 0) != (place[b] > 0) {
			return place[b] - place[a]
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(codes)
}

// readsOf is what a query asks for, with the columns that are made of each field.
func readsOf(q roster.Query, columns map[string][]string) []RegisterField {
	var list []RegisterField
	for _, field := range fieldsOf(q) {
		list = append(list, RegisterField{Field: field, Columns: columns[field]})
	}
	return list
}

// fieldsOf are the fields of employees that a query asks for, by their codes.
func fieldsOf(q roster.Query) []string {
	var codes []string
	for _, p := range roster.Properties() {
		if q.Fields&p.Field != 0 {
			codes = append(codes, p.Code)
		}
	}
	for _, p := range roster.Families() {
		switch {
		case q.Fields&p.Field == 0:
		case p.Kind == roster.Custom && len(q.Codes) > 0:
			codes = append(codes, q.Codes...)
		default:
			codes = append(codes, p.Code)
		}
	}
	for _, more := range []struct {
		asked bool
		field string
	}{{q.Contracts || q.Employments || q.Chains, fieldContracts}, {q.Categories, "csp"}, {q.LegalUnits, fieldLegalUnit}, {q.Pay, fieldPay}} {
		if more.asked && !slices.Contains(codes, more.field) {
			codes = append(codes, more.field)
		}
	}
	return codes
}

// categoriesOf are the kinds of data of a flow, where the custom field salary is pay.
func categoriesOf(p Processing, salary string) []DataCategory {
	has := make(map[DataCategory]bool)
	for _, f := range p.Reads {
		has[categoryOf(f.Field)] = true
		if salary != "" && f.Field == salary {
			has[Pay] = true
		}
	}
	for _, code := range p.Writes {
		has[categoryOf(code)] = true
	}
	return slices.DeleteFunc(dataCategories(), func(c DataCategory) bool { return !has[c] })
}

// categoryOf is the kind of data that a field is.
func categoryOf(field string) DataCategory {
	switch field {
	case fieldPay:
		return Pay
	case fieldContracts:
		return Employment
	case fieldLegalUnit:
		return Organisation
	case "jobTitle", "seniorityDate", "calendar":
		return Employment
	case "address":
		return Contact
	}
	p, _ := roster.PropertyOf(field)
	switch p.Kind {
	case roster.MailAddress, roster.Phone:
		return Contact
	case roster.EstablishmentID, roster.DepartmentID, roster.ManagerID, roster.RoleID, roster.RoleIDs, roster.SectionID, roster.NamedID:
		return Organisation
	case roster.CategoryID, roster.ContractTypeID, roster.CycleID:
		return Employment
	case roster.Custom:
		return OwnFields
	case roster.Day:
		if p.Field&(roster.ContractStart|roster.ContractEnd) != 0 {
			return Employment
		}
	}
	if slices.ContainsFunc(roster.Families(), func(f roster.Property) bool { return f.Code == field }) {
		return map[bool]DataCategory{true: OwnFields, false: Organisation}[field == "e_"]
	}
	return Identity
}

// party is a remote.
func party(c *config.Config, name string) *RegisterParty {
	r := c.Remotes[name]
	p := &RegisterParty{Remote: name, Type: r.Type, Transit: Plain, Host: r.Address}
	switch r.Type {
	case "sftp":
		p.Transit = BySSH
	case "ftps", "ftpes":
		p.Transit = ByTLS
	case "dir":
		p.Transit, p.Host = OnMachine, ""
	}
	return p
}

// siteOf is an address without its path, and what else may be in it.
func siteOf(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host[strings.LastIndex(host, "@")+1:]
}

func securityOf(c *config.Config) RegisterSecurity {
	s := RegisterSecurity{Console: "none"}
	s.State, _, _ = strings.Cut(strings.Replace(c.State, "postgresql:", "postgres:", 1), ":")
	if c.Web == nil {
		return s
	}
	switch {
	case c.Web.TLS != nil:
		s.Console = "tls"
	case c.Web.Proxy:
		s.Console = "proxy"
	default:
		s.Console = "local"
	}
	if len(c.Web.Users) > 0 {
		s.SignIn = append(s.SignIn, "password")
	}
	if c.Web.OIDC != nil {
		s.SignIn = append(s.SignIn, "oidc")
	}
	return s
}
