package flatchr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/wire"
	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/secret"
)

// requestsPerMinute is a polite pace: Flatchr documents no limit, and a poll is some
// requests.
const requestsPerMinute = 60

// Options are what NewClient needs.
type Options struct {
	// Config has passed Validate, and Config.Polls.
	Config Config
	// Key is what Config.APIKey refers to.
	Key secret.Value
	// Zone is that of the flow.
	Zone *time.Location
	// Version goes into the User-Agent.
	Version string
	// HTTP sends the requests; nil for a client of its own. Redirects are not followed: they
	// could carry the key to another host.
	HTTP *http.Client
	// Logger receives flatchr.request-retried; nil for none.
	Logger *slog.Logger
}

// Client asks Flatchr's API. It may be used by several goroutines.
type Client struct {
	config Config
	base   *url.URL
	key    secret.Value
	zone   *time.Location
	http   *httpapi.Client
}

// NewClient returns a client. It sends nothing yet.
func NewClient(o Options) (*Client, error) {
	base, fault := o.Config.base()
	if fault != "" {
		return nil, fmt.Errorf("read url of Flatchr: %s", fault)
	}
	if key := o.Key.Reveal(); key == "" || strings.ContainsFunc(key, unprintable) {
		return nil, errors.New("read api_key of Flatchr: want a key of visible characters without blanks")
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Client{config: o.Config, base: base, key: o.Key, zone: o.Zone, http: httpapi.New(httpapi.Options{
		HTTP: o.HTTP, Agent: "lucca-exchange/" + o.Version,
		Limiter:  rate.NewLimiter(rate.Every(time.Minute/requestsPerMinute), requestsPerMinute/6),
		Patience: patience(), MaxBody: maxAnswer,
		Unavailable: ErrUnavailable, Malformed: ErrMalformed, Setting: "url",
		Retried: func(ctx context.Context, r httpapi.Request, wait time.Duration, err error) {
			log.WarnContext(ctx, "flatchr.request-retried", "request", r.What, "wait", wait, "err", err)
		},
	})}, nil
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// Columns lists the columns of the company, in Flatchr's order.
func (c *Client) Columns(ctx context.Context) ([]Column, error) {
	items, err := c.list(ctx, call{what: "list columns", path: c.company("columns")})
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(items))
	for i, item := range items {
		hired, _ := item.At("hired").Bool()
		columns[i] = Column{ID: item.At("id").Or(), Title: item.At("title").Or(), Hired: hired}
		if columns[i].ID == "" {
			return nil, fmt.Errorf("list columns: column %d has no id: %w", i+1, ErrMalformed)
		}
	}
	return columns, nil
}

// ContractTypes returns the French labels of contract types, by id, for Reader.
func (c *Client) ContractTypes(ctx context.Context) (map[string]string, error) {
	items, err := c.list(ctx, call{what: "list contract types", path: []string{"contracts"}, query: url.Values{"lang": {"fr"}}})
	if err != nil {
		return nil, err
	}
	labels := make(map[string]string, len(items))
	for _, item := range items {
		if label := first(item.At("text"), item.At("title"), item.At("label"), item.At("name")); label != "" {
			labels[item.At("id").Or()] = label
		}
	}
	return labels, nil
}

// Poll says what Client.Hired asks for.
type Poll struct {
	// Since is when the last poll began.
	Since time.Time
	// Now is the time of a hiring whose answer has none.
	Now time.Time
	// ContractTypes labels contract types, as in Reader.
	ContractTypes map[string]string
}

// Hired returns who was hired since a day before an instant; the day is because the
// filter knows only days, and no zone. The events are those of the webhooks of the same
// hirings as far as the answers tell: see hire.Event.SameHire. It makes one request for the
// search, or one for each of Config.Columns and one for the list of columns, and one for all
// vacancies if anyone was hired.
func (c *Client) Hired(ctx context.Context, p Poll) (hire.Found, error) {
	hits, err := c.search(ctx, p.Since)
	if err != nil || len(hits) == 0 {
		return hire.Found{}, err
	}
	vacancies, err := c.vacancies(ctx)
	if err != nil {
		return hire.Found{}, err
	}
	var found hire.Found
	for i, hit := range hits {
		e, err := c.applicant(hit, vacancies, p)
		if err != nil {
			found.Findings = append(found.Findings, finding.Finding{
				Severity: finding.Error, Code: "applicant_unreadable", Row: i + 1,
				Message: "Flatchr's answer about a hired applicant cannot be read: create the employee in Lucca",
			})
			continue
		}
		found.Events = append(found.Events, e)
	}
	return found, nil
}

// search returns all hits.
func (c *Client) search(ctx context.Context, since time.Time) ([]wire.Value, error) {
	filters, err := c.filters(ctx, since)
	if err != nil {
		return nil, err
	}
	var hits []wire.Value
	for _, filter := range filters {
		items, err := c.list(ctx, call{what: "search hired applicants", path: c.company("search", "applicants"), body: filter})
		if err != nil {
			return nil, err
		}
		hits = append(hits, items...)
	}
	return hits, nil
}

// filters are the bodies of the searches. A search knows columns by title only.
func (c *Client) filters(ctx context.Context, since time.Time) ([][]byte, error) {
	day := since.In(c.zone).AddDate(0, 0, -1).Format("01/02/06")
	if len(c.config.Columns) == 0 {
		return bodies(map[string]string{"hired": "true", "start_update": day})
	}
	columns, err := c.Columns(ctx)
	if err != nil {
		return nil, err
	}
	var filters []map[string]string
	for _, column := range (Targets{Configured: c.config.Columns, Known: columns}).columns() {
		filters = append(filters, map[string]string{"column": column.Title, "start_update": day})
	}
	if len(filters) == 0 {
		return nil, ErrNoColumn
	}
	return bodies(filters...)
}

func bodies(filters ...map[string]string) ([][]byte, error) {
	list := make([][]byte, len(filters))
	for i, filter := range filters {
		b, err := json.Marshal(filter)
		if err != nil {
			return nil, fmt.Errorf("write filter: %w", err)
		}
		list[i] = b
	}
	return list, nil
}

// applicant reads one hit of the search.
func (c *Client) applicant(item wire.Value, vacancies vacancies, p Poll) (hire.Event, error) {
	texts, err := fields(item, "applicant", "lastname", "firstname", "email", "phone", "vacancy")
	if err != nil {
		return hire.Event{}, err
	}
	e := hire.Event{
		Source: Source, ExternalID: texts[0],
		LastName: texts[1], FirstName: texts[2], PersonalMail: texts[3], Phone: texts[4],
		Twin:    hire.TwinOf(texts[3], texts[1], texts[2], texts[5]),
		HiredAt: c.changedAt(item, p.Now),
	}
	if v, ok := vacancies.find(item.At("vacancy_id").Or(), texts[5]); ok {
		Reader{Zone: c.zone, ContractTypes: p.ContractTypes}.vacancy(&e, v)
	} else {
		e.Notes = append(e.Notes, hire.Note{
			Code:    "vacancy_unknown",
			Message: "Flatchr does not tell the vacancy: complete department, contract type and start date in Lucca",
		})
	}
	if e.JobTitle == "" {
		e.JobTitle = texts[5]
	}
	if item.At("status").Or() == archived {
		e.Notes = append(e.Notes, hire.Note{
			Code:    "application_archived",
			Message: "the application was archived in Flatchr after the hiring: check that the hiring stands",
		})
	}
	return e, e.Check()
}

// archived is the status of an application that was taken out of the recruiting.
const archived = "0"

// changedAt is the last change of the application, which is the move or soon after it;
// older answers have only the day of the application, which says nothing of the hiring.
func (c *Client) changedAt(item wire.Value, now time.Time) time.Time {
	if t, ok := wire.Time(item.At("updated_at").Or(), c.zone); ok && !t.After(now) {
		return t.UTC()
	}
	return now.UTC()
}

// vacancies are those of the company.
type vacancies struct {
	byID, byTitle map[string]wire.Value
}

// vacancies lists them all at once: there is no documented request for one.
func (c *Client) vacancies(ctx context.Context) (vacancies, error) {
	items, err := c.list(ctx, call{what: "list vacancies", path: c.company("vacancies")})
	if err != nil {
		return vacancies{}, err
	}
	all := vacancies{byID: make(map[string]wire.Value), byTitle: make(map[string]wire.Value)}
	for _, item := range items {
		// The careers feed wraps each vacancy.
		if inner := item.At("vacancy"); !inner.IsNull() {
			item = inner
		}
		for _, key := range []string{"id", "vacancy_id"} {
			if id := item.At(key).Or(); id != "" {
				all.byID[id] = item
			}
		}
		title := strings.ToLower(item.At("title").Or())
		if _, twice := all.byTitle[title]; twice {
			item = wire.Value{}
		}
		all.byTitle[title] = item
	}
	return all, nil
}

// find looks a vacancy up by its id, or by a title that no other has.
func (v vacancies) find(id, title string) (wire.Value, bool) {
	found, ok := v.byID[id]
	if !ok && id == "" {
		found = v.byTitle[strings.ToLower(title)]
	}
	return found, !found.IsNull()
}
