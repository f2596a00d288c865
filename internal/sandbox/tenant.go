package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// documentedRate is Lucca's limit of requests per tenant and minute.
const documentedRate = 50

// Options says how a tenant answers.
type Options struct {
	// Keys are the API keys that may be used; without one, every request is 401.
	Keys []Key
	// RequestsPerMinute is the limit of the whole tenant; 0 is Lucca's 50, less than 0
	// is none.
	RequestsPerMinute int
	// NoRetryAfter leaves the Retry-After header out of 429 answers.
	NoRetryAfter bool
	// Clients are the OAuth clients of the Lucca API (v5); without one, there are no tokens.
	Clients []Client
	// TokenLife is how long an access token is good for; 0 is Lucca's half an hour.
	TokenLife time.Duration
	// NoV5 turns the Lucca API (v5) off: its routes are answered 404.
	NoV5 bool
	// V3Departments serves GET /api/v3/departments, which was announced to stop in September
	// 2026 and is 410 otherwise.
	V3Departments bool
	// LargePages lets the lists of the structure take limits up to 1000, as they once did;
	// LargestPage sets the highest limit of all v4 lists, where it is not 0. ClampPages gives
	// smaller pages than asked for instead of refusing.
	LargePages, ClampPages bool
	LargestPage            int
	// NoRoles: GET /api/v3/roles is 403, as for a key without the right to manage roles.
	NoRoles bool
	// Off are routes that are not served, by path: the status of their answers, such as 404,
	// 410, 403 or 301, which leads to a web page.
	Off map[string]int
	// Ends are routes that are announced to end, by path: the day of the Sunset header.
	Ends map[string]time.Time
	// Header adds the "header" member that some v3 answers have beside "data".
	Header bool
}

// Key is an API key and what the role that belongs to it may not do. The zero rights
// are all rights.
type Key struct {
	Secret string
	// Hidden are the properties that are left out of v3 answers, such as "birthDate"
	// or "e_hourly_rate". Case does not matter.
	Hidden []string
	// NoFormer and NoUpcoming hide people who left or have not started.
	NoFormer, NoUpcoming bool
	// NoPay: the pay module is answered 403.
	NoPay bool
	// ReadOnly: creating and modifying users and contracts is answered 403.
	ReadOnly bool
	// UserID is the account that the key acts as, /users/me; 0 is none.
	UserID int
	// Establishments is the perimeter; empty is everyone.
	Establishments []int
}

// Tenant is a Lucca tenant: an http.Handler over a company. It is safe for concurrent
// use.
type Tenant struct {
	opts Options
	v3   *resources
	mux  *http.ServeMux

	// mu guards the company and what follows from it.
	mu      sync.RWMutex
	company *Company
	people  people
	stamp   time.Time

	tokens tokens
	rate   window60
	faults faults
	log    requestLog
}

// New returns a tenant that owns c from now on.
func New(c *Company, o Options) *Tenant {
	t := &Tenant{opts: o, v3: newResources(), company: c, people: indexPeople(c)}
	if o.RequestsPerMinute >= 0 {
		t.rate.limit = o.RequestsPerMinute
		if t.rate.limit == 0 {
			t.rate.limit = documentedRate
		}
	}
	t.mux = t.routes()
	return t
}

// ServeHTTP answers one request. To cut a connection, an injected fault panics with
// http.ErrAbortHandler, which net/http's server expects.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

func (t *Tenant) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*call) answer{
		"GET /api/v3/users":          listUsers,
		"GET /api/v3/users/{id}":     getUser,
		"GET /api/v3/users/me":       getMe,
		"POST /api/v3/users":         createUser,
		"PUT /api/v3/users/{id}":     updateUser,
		"GET /api/v3/departments":    t.oldDepartments(),
		"GET /api/v3/userProperties": listProperties,
		"GET /api/v3/roles":          listRoles,
		"GET /api/v3/axes":           listAxes,
		"GET /api/v3/axisSections":   listSections,
		"GET /api/v3/legalentities":  gone,
		"GET /api/v3/legalEntities":  gone,
		"/":                          notFound,

		"GET /organization/structure/api/departments":           listDepartmentsV4,
		"GET /organization/structure/api/establishments":        listEstablishments,
		"GET /organization/structure/api/legal-units":           listLegalUnits,
		"GET /organization/structure/api/occupation-categories": listCategories,
		"GET /directory/api/4.0/work-contracts":                 listContracts,
		"POST /directory/api/4.0/work-contracts":                createContract,
		"PATCH /directory/api/4.0/work-contracts/{id}":          patchContract,
		"GET /directory/api/work-contract-termination-reasons":  listReasons,
		"GET /remuneration/api/fixed-items":                     listFixedItems,
	} {
		mux.Handle(pattern, endpoint{t, handle})
	}
	for name := range v5Resources() {
		mux.Handle("GET "+v5Root+name, endpoint{t, func(c *call) answer { return c.serveV5(name) }})
	}
	mux.HandleFunc("POST "+TokenPath, t.serveToken)
	t.control(mux)
	return mux
}

// oldDepartments is the v3 list of departments, or what is left of it.
func (t *Tenant) oldDepartments() func(*call) answer {
	if t.opts.V3Departments {
		return listDepartments
	}
	return func(c *call) answer {
		return c.fail(http.StatusGone, "This endpoint is no longer available, use /organization/structure/api/departments")
	}
}

// call is one request on its way to an answer.
type call struct {
	*view
	http  *http.Request
	body  []byte
	query url.Values
	fault Kind
}

// view is the company as one key sees it.
type view struct {
	tenant *Tenant
	*Company
	people *people
	key    *Key
	// scopes are those of the access token, on v5.
	scopes []string
	hidden map[string]bool
	// base is scheme and host of the links in answers.
	base string
}

func (v *view) hides(name string) bool { return len(v.hidden) > 0 && v.hidden[strings.ToLower(name)] }

// sees reports whether the role's rights and perimeter include the user.
func (v *view) sees(u *User) bool {
	if v.key.NoFormer && u.former(v.Today) || v.key.NoUpcoming && u.upcoming(v.Today) {
		return false
	}
	return len(v.key.Establishments) == 0 || slices.Contains(v.key.Establishments, u.applicable(v.Today).EstablishmentID)
}

// view must be called with the lock held.
func (t *Tenant) view(r *http.Request, k *Key, scopes []string) *view {
	v := &view{tenant: t, Company: t.company, people: &t.people, key: k, scopes: scopes, base: "http://" + r.Host, hidden: map[string]bool{}}
	if r.TLS != nil {
		v.base = "https://" + r.Host
	}
	for _, name := range k.Hidden {
		v.hidden[strings.ToLower(name)] = true
	}
	return v
}

// authorize finds the key of `Authorization: lucca application=KEY`, and on v5 what the
// client of a token may see, and its scopes. Neither is good for the routes of the other.
func (t *Tenant) authorize(r *http.Request) (*Key, []string) {
	if !strings.HasPrefix(r.URL.Path, v5Root) {
		return t.apiKey(r), nil
	}
	g, ok := t.tokens.find(r.Header.Get("Authorization"))
	if !ok {
		return nil, nil
	}
	return &Key{}, g.scopes
}

func (t *Tenant) apiKey(r *http.Request) *Key {
	scheme, parameter, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	name, secret, _ := strings.Cut(parameter, "=")
	if !strings.EqualFold(scheme, "lucca") || !strings.EqualFold(name, "application") || secret == "" {
		return nil
	}
	for i := range t.opts.Keys {
		if t.opts.Keys[i].Secret == secret {
			return &t.opts.Keys[i]
		}
	}
	return nil
}

// SetToday moves the tenant to another day: contracts begin and end.
func (t *Tenant) SetToday(d Day) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.company.Today = d
}

// User returns a copy of a user as it is now.
func (t *Tenant) User(id int) (User, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	u := t.people.find(t.company, id)
	if u == nil {
		return User{}, false
	}
	return u.clone(), true
}

// Users returns copies of all users, by id.
func (t *Tenant) Users() []User {
	t.mu.RLock()
	defer t.mu.RUnlock()
	users := make([]User, len(t.company.Users))
	for i := range users {
		users[i] = t.company.Users[i].clone()
	}
	return users
}

// people finds users.
type people struct {
	byID    map[int]int    // position in Company.Users
	byLogin map[string]int // id, by login in small letters
	// byNumber are the ids that bear an employee number, unique per establishment only.
	byNumber map[string][]int
	// lastID is the highest id of a user, lastPart that of a contract, pay item or
	// extension value.
	lastID, lastPart int
}

func indexPeople(c *Company) people {
	slices.SortFunc(c.Users, func(a, b User) int { return a.ID - b.ID })
	p := people{
		byID: make(map[int]int, len(c.Users)), byLogin: make(map[string]int, len(c.Users)), byNumber: make(map[string][]int, len(c.Users)),
	}
	for i := range c.Users {
		u := &c.Users[i]
		p.byID[u.ID] = i
		p.enter(u)
		p.lastID = u.ID
		for _, contract := range u.Contracts {
			p.lastPart = max(p.lastPart, contract.ID)
		}
		for _, item := range u.Pay {
			p.lastPart = max(p.lastPart, item.ID)
		}
		for _, e := range u.Extensions {
			p.lastPart = max(p.lastPart, e.ID)
		}
	}
	return p
}

func (p *people) find(c *Company, id int) *User {
	i, ok := p.byID[id]
	if !ok {
		return nil
	}
	return &c.Users[i]
}

func (p *people) enter(u *User) {
	p.byLogin[strings.ToLower(u.Login)] = u.ID
	if u.EmployeeNumber != "" {
		p.byNumber[u.EmployeeNumber] = append(p.byNumber[u.EmployeeNumber], u.ID)
	}
}

func (p *people) leave(u *User) {
	delete(p.byLogin, strings.ToLower(u.Login))
	if u.EmployeeNumber != "" {
		p.byNumber[u.EmployeeNumber] = slices.DeleteFunc(p.byNumber[u.EmployeeNumber], func(id int) bool { return id == u.ID })
	}
}
