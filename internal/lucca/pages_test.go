package lucca_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
)

// examples answers as the examples of Lucca's public pages do, and by nothing that they do not
// show: v4 lists have neither next nor count, v3 pages may have a header beside their data and
// no count, nobody heeds fields, and every item has members that nobody asked for.
type examples map[string][]string

func (e examples) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	items, known := e[r.URL.Path]
	q := r.URL.Query()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Status":404,"Message":"Resource not found"}`)
		return
	case strings.HasPrefix(r.URL.Path, "/api/v3/"):
		if offset, _, _ := strings.Cut(q.Get("paging"), ","); offset != "" && offset != "0" {
			items = nil
		}
		_, _ = io.WriteString(w, `{"header":{"generated":"2026-11-22T09:00:00","principal":"x"},"data":{"items":[`+strings.Join(items, ",")+`]}}`)
	default:
		if n, _ := strconv.Atoi(q.Get("page")); n > 1 {
			items = nil
		}
		_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
	}
}

func pageExamples() examples {
	return examples{
		usersPath: {
			`{"id":2041,"name":"Inès Morvan","url":"https://acme.ilucca.net/api/v3/users/2041","displayName":"Morvan Inès",
			"modifiedAt":"2026-10-03T07:15:44.21","lastName":"MORVAN","firstName":"Inès","login":"imorvan","mail":null,
			"dtContractStart":null,"dtContractEnd":null,"birthDate":"1990-05-17T00:00:00","employeeNumber":null,
			"calendarId":1,"calendar":{"id":1,"name":"France","url":"x"},"cultureID":1036,"culture":{"id":1036,"name":"français (France)","url":"x"},
			"picture":{"id":"8c2f6c1e-0000-0000-0000-000000000000","name":"imorvan.png","url":"x"},
			"legalEntityId":3,"legalEntity":{"id":3,"name":"Acme Lyon","url":"x"},"departmentId":27,"department":{"id":27,"name":"Support","url":"x"},
			"managerId":1988,"manager":{"id":1988,"name":"Paul Kern","url":"x"},"rolePrincipalId":12,"rolePrincipal":{"id":12,"name":"User","url":"x"},
			"habilitedRoles":[{"id":44,"name":"Manager +","url":"x"}],
			"userWorkCycles":[{"id":501,"ownerID":2041,"workCycleID":6,"startsOn":"2021-03-01T00:00:00","endsOn":"9999-12-31T00:00:00"}],
			"applicationData":{"profile_figgo":{"id":1,"name":"Cadre","url":"x"}},
			"extendedData":{"e_site":{"id":8801,"value":"Łódź"},"e_plain":"AB","e_list":{"id":9,"value":8},"e_none":null},"gender":"Misc"}`,
			`{"id":1988,"name":"Paul Kern","lastName":"KERN","firstName":"Paul","login":"pkern","mail":"pkern@acme.example","gender":"Undefined",
			"dtContractStart":"2019-01-01T00:00:00","dtContractEnd":null,"birthDate":null,"employeeNumber":"00001","legalEntity":{"id":3,"name":"Acme Lyon"},
			"departmentId":27,"managerId":null,"manager":null,"rolePrincipalId":12,"rolePrincipal":{"id":12,"name":"User"},"habilitedRoles":[],
			"userWorkCycles":[],"applicationData":{},"extendedData":{},"cultureID":1036,"calendar":null}`,
		},
		"/api/v3/userProperties": {
			// Native properties have lists of their own, whose ids are words.
			`{"id":"gender","name":"Civilité","isMultivalue":false,"isNullable":true,"isReadOnly":false,"category":0,"type":1,
			"format":{"key":"select","entries":[{"id":"Male","name":"Homme"},{"id":"Female","name":"Femme"}]}}`,
			`{"id":"birthDate","name":"Naissance","category":0,"type":3,"format":null}`,
			`{"id":"e_site","name":"Site","isMultivalue":false,"isNullable":true,"isReadOnly":false,"category":3,"type":4,"format":{"key":"text"}}`,
			`{"id":"e_list","name":"Atelier","isMultivalue":false,"category":3,"type":1,"format":{"key":"select","entries":[{"id":8,"name":"Été","order":1}]}}`,
			`{"id":"e_plain","name":"Code","category":3,"type":4}`,
			`{"id":"e_none","name":"Rien","category":3,"type":2,"format":{}}`,
		},
		structurePath + "departments": {
			`{"id":25,"name":"Direction","code":"DIR","description":null,"parentId":"/","parentLuccaId":null,"hierarchy":"/1/","isActive":true,"headId":null,"sortOrderInSiblings":1}`,
			`{"id":26,"name":"Production","code":"PRO","description":null,"parentId":"/1/","parentLuccaId":null,"hierarchy":"/1/2/","isActive":true,"headId":1988}`,
			`{"id":27,"name":"Support","code":"SUP","description":"","parentId":"/1/2/","parentLuccaId":null,"hierarchy":"/1/2/2/","isActive":true,
			"headId":1988,"createdAt":"2020-01-01T00:00:00","lastModifiedAt":"2020-01-01T00:00:00","sortOrderInSiblings":2}`,
		},
		structurePath + "establishments":        {`{"id":3,"name":"Acme Lyon","code":null,"legalUnitId":8,"isArchived":true,"countryCode":"FRA","timeZone":"Europe/Paris"}`},
		structurePath + "legal-units":           {`{"id":8,"name":"Acme SAS","code":"SAS","isArchived":false,"countryId":250}`},
		structurePath + "occupation-categories": {`{"id":2,"name":"Cadre","code":null}`},
		"/directory/api/4.0/work-contracts": {`{"id":611,"ownerId":2041,"externalId":null,"startsOn":"2021-03-01","endsOn":null,"isApplicable":true,
			"establishmentId":3,"spcId":2,"typeId":1,"hiringTypeId":3,"terminationReasonId":null,"trialPeriodDays":120,"renewedTrialPeriodDays":null,
			"trialPeriodEndDate":"2021-07-01","authorId":45,"createdAt":"2021-02-08T17:48:18.12"}`},
		"/remuneration/api/fixed-items": {`{"id":7,"amount":"3200.10","startsOn":"2026-01-01","endsOn":null,"comment":null,"natureId":4,
			"nature":{"id":4,"name":"Salaire","category":{"id":1,"code":"BASIC_SALARY"},"establishments":[{"id":3,"name":"Acme Lyon","currencyCode":"EUR"}]},
			"workContractId":611,"workContract":{"workContractId":611,"amendmentId":null,"ownerId":2041,"owner":{"id":2041,"name":"x"},"startsOn":"2021-03-01","endsOn":null}}`},
		"/api/v3/axisSections": {`{"id":31,"name":"Ventes","code":"V1","axisId":3,"active":true,"ownerId":1988}`, `{"id":51,"name":"Ventes","code":"V1","axisId":5}`},
	}
}

const structurePath = "/organization/structure/api/"

// What the sandbox shares with the client, it shares by mistake too: so the pages' own
// examples are read as well.
func TestThePagesOwnExamplesAreRead(t *testing.T) {
	t.Parallel()
	c := serve(t, pageExamples(), func(o *lucca.Options) {
		o.Config.Extensions = map[string]string{"site": "e_site", "plain": "e_plain", "list": "e_list", "none": "e_none"}
	})
	q := fullQuery()
	q.Roles, q.Employments, q.Definitions, q.Former = true, true, true, true
	s, err := c.Snapshot(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	day := roster.Date{Year: 2026, Month: 11, Day: 22}
	r, err := roster.New(s, roster.Settings{Day: day})
	if err != nil {
		t.Fatal(err)
	}
	e := r.ByID(2041)
	if diff := cmp.Diff(map[string]string{"e_site": "Łódź", "e_plain": "AB", "e_list": "Été"}, e.Extensions); diff != "" {
		t.Errorf("custom fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Direction", "Production", "Support"}, r.Department(e)); diff != "" {
		t.Errorf("department (-want +got):\n%s", diff)
	}
	got := []string{e.Mail, e.EmployeeNumber, e.Gender, r.LegalUnit(e).Name, r.Category(e), r.Employment(e).Start.String()}
	if diff := cmp.Diff([]string{"", "", "Misc", "Acme SAS", "Cadre", "2021-03-01"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	// Nobody heeded the filter by axis either.
	if diff := cmp.Diff([]roster.Section{{ID: 31, AxisID: 3, Name: "Ventes", Code: "V1"}}, s.Sections); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]roster.Role{{ID: 12, Name: "User"}}, s.Roles[:1]); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// Whoever may see former and future employees is not told otherwise because Lucca gives no
// count.
func TestNoCountIsNotNobody(t *testing.T) {
	t.Parallel()
	warnings, err := serve(t, pageExamples()).Unseen(t.Context())
	if err != nil || len(warnings) > 0 {
		t.Errorf("warnings %q, error %v; want neither", warnings, err)
	}
}
