package console

import (
	"net/http"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
)

// peopleData is the time line of somebody over all flows.
type peopleData struct {
	Who    string
	Events []inspect.Event
	// Any says whether the account may see the people of any flow.
	Any bool
}

// lookedThrough is how many of the newest runs a time line is made of.
const lookedThrough = 500

func (c *Console) people(w http.ResponseWriter, v visit) error {
	data := peopleData{Who: strings.TrimSpace(v.URL.Query().Get("q"))}
	i := c.options.Inspector()
	for name := range i.Config.Flows {
		data.Any = data.Any || v.who.SeesValues(name)
	}
	if data.Who == "" || !data.Any {
		return c.pages.show(w, v, page{name: "people", title: v.printer.Text("people.title"), data: data})
	}
	events, err := i.Person(v.Context(), data.Who, lookedThrough)
	if err != nil {
		return err
	}
	for _, e := range events {
		if v.who.SeesValues(e.Flow) {
			data.Events = append(data.Events, e)
		}
	}
	if err := c.options.Audit().Append(v.Context(), c.entry(v, audit.Reveal)); err != nil {
		return err
	}
	return c.pages.show(w, v, page{name: "people", title: v.printer.Text("people.title"), data: data})
}
