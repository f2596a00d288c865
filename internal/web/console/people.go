package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
)

// peopleData is the search for somebody, and the time line of who was found over all flows.
type peopleData struct {
	// Who is what was asked for, Person whom the address of the page is about.
	Who    string
	Person inspect.Somebody
	// Several are those who are called so, where they are more than one; Events the time line.
	Several []inspect.Somebody
	Events  []inspect.Event
	// Any says whether the account may see the people of any flow, Asked whether somebody is looked for.
	Any, Asked bool
}

// lookedThrough is how many of the newest runs a time line is made of.
const lookedThrough = 500

// peoplePages are about people. Whom somebody looks for is in the body of a request, and the address
// of a time line has no more than a Lucca id: addresses are kept by browsers, proxies and logs.
type peoplePages struct{ *Console }

func (c peoplePages) routes() map[string]handler {
	return map[string]handler{"GET /people": c.ask, "POST /people": c.form(c.find), "GET /people/{id}": c.person}
}

// ask shows the form. An address of before, with a Lucca id, leads on.
func (c peoplePages) ask(w http.ResponseWriter, v visit) error {
	if id, err := strconv.Atoi(v.Request.URL.Query().Get("q")); err == nil && id > 0 {
		return seeOther(w, v, personPage(id), nil)
	}
	return c.show(w, v, peopleData{})
}

func personPage(id int) string { return "/people/" + url.PathEscape(strconv.Itoa(id)) }

func (c peoplePages) show(w http.ResponseWriter, v visit, data peopleData) error {
	data.Any = c.seesAny(v)
	return c.pages.show(w, v, page{name: "people", title: v.printer.Text("people.title"), data: data})
}

func (c peoplePages) seesAny(v visit) bool {
	for name := range c.options.Inspector().Config.Flows {
		if v.who.SeesValues(name) {
			return true
		}
	}
	return false
}

// find leads to the one who is called so, or lists those who are.
func (c peoplePages) find(w http.ResponseWriter, v visit) error {
	data := peopleData{Who: strings.TrimSpace(v.Request.PostFormValue("q")), Asked: true}
	if !c.seesAny(v) {
		return c.refuse(v, c.entry(v, audit.Reveal), "/people")
	}
	if data.Who == "" {
		return seeOther(w, v, "/people", nil)
	}
	i := c.options.Inspector()
	events, err := i.Person(v.Request.Context(), data.Who, lookedThrough)
	switch {
	case errors.Is(err, run.ErrUsage): // a name that several have
		if data.Several, err = i.FindPeople(v.Request.Context(), data.Who); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	data.Several = slices.DeleteFunc(data.Several, func(p inspect.Somebody) bool { return !slices.ContainsFunc(p.Flows, v.who.SeesValues) })
	data.Events = seen(v, events)
	if id := onlyOne(data.Events); id > 0 {
		return seeOther(w, v, personPage(id), nil)
	}
	if err := c.reveal(v, "", "", "search for a person"); err != nil {
		return err
	}
	return c.show(w, v, data)
}

// onlyOne is the Lucca id of the person whom events are about; 0 where they are several, or one without.
func onlyOne(events []inspect.Event) (id int) {
	for _, e := range events {
		if id != 0 && e.Employee != 0 && e.Employee != id {
			return 0
		}
		id = max(id, e.Employee)
	}
	return id
}

// seen are the events of flows whose people an account may see.
func seen(v visit, events []inspect.Event) []inspect.Event {
	return slices.DeleteFunc(events, func(e inspect.Event) bool { return !v.who.SeesValues(e.Flow) })
}

// person shows the time line of somebody.
func (c peoplePages) person(w http.ResponseWriter, v visit) error {
	id, err := strconv.Atoi(v.Request.PathValue("id"))
	if err != nil || id <= 0 {
		return &fault{status: http.StatusNotFound, what: "fault.no_page", back: "/people"}
	}
	data := peopleData{Asked: true}
	if !c.seesAny(v) {
		return c.refuse(v, c.entry(v, audit.Reveal), "/people")
	}
	if data.Person, data.Events, err = inspect.PersonOf(v.Request.Context(), c.options.Inspector(), id, lookedThrough); err != nil {
		return err
	}
	if data.Events = seen(v, data.Events); len(data.Events) == 0 {
		data.Person = inspect.Somebody{} // of flows whose people others see
	}
	if err := c.reveal(v, "", "", "person "+strconv.Itoa(id)); err != nil {
		return err
	}
	return c.show(w, v, data)
}
