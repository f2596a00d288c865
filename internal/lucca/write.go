package lucca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/roster"
)

// Create creates a user with a work contract and returns the id. It needs firstName,
// lastName, mail, login, legalEntityId, dtContractStart, departmentId and rolePrincipalId.
//
// Creating is not idempotent, and Lucca has no key that would make it so. The request is
// repeated only where Lucca cannot have acted: after status 429 and when no connection was
// made. Any other failure that is not a refusal is an ErrDoubt: see FindUsers.
//
// A refusal wraps ErrRejected, ErrForbidden, ErrNotFound or ErrUnauthorized; Message tells
// Lucca's reason.
func (c *Client) Create(ctx context.Context, p Properties) (id int, err error) {
	id, err = c.post(ctx, request{
		path: usersRoute,
		// Lucca does not say what it does without contract=.
		query: url.Values{"contract": {"true"}, "fields": {"id,login"}},
		clean: cleaner(p),
	}, p, v3ID)
	if err != nil {
		return 0, fmt.Errorf("create user: %w", err)
	}
	return id, nil
}

// usersRoute is where users are listed and created.
const usersRoute = "/api/v3/users"

// Update changes the given properties of a user and no other. It is idempotent, and
// repeated a bounded number of times. Errors are those of Create, but ErrUnavailable and
// ErrMalformed in the place of ErrDoubt: then the change may or may not have been made.
//
// Lucca does not document what becomes of an end of contract that is written to a user, and
// an account that stays open would go unnoticed: when Lucca's answer shows another end, the
// error is an ErrNotKept, beside a change that was made.
func (c *Client) Update(ctx context.Context, id int, p Properties) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("update employee %d: write request: %w", id, err)
	}
	fields := "id"
	if _, ends := p[contractEnd]; ends {
		fields += "," + contractEnd
	}
	clean := cleaner(p)
	answer, err := c.send(ctx, request{
		method: http.MethodPut,
		path:   usersRoute + "/" + strconv.Itoa(id),
		query:  url.Values{"fields": {fields}},
		body:   body,
		clean:  clean,
		check: func(body []byte) error {
			got, err := v3ID(body, clean)
			if err == nil && got != id {
				err = fmt.Errorf("an answer about employee %d: %w", got, ErrMalformed)
			}
			return err
		},
	})
	if err == nil {
		err = endKept(answer, p)
	}
	if err != nil {
		return fmt.Errorf("update employee %d: %w", id, err)
	}
	return nil
}

const contractEnd = "dtContractEnd"

// endKept compares the end of contract in an answer with the one sent, where there are
// both.
func endKept(body []byte, p Properties) error {
	sent, ends := p[contractEnd]
	var answer struct {
		Data struct{ DtContractEnd optional[string] }
	}
	if err := decode(body, &answer); err != nil || !ends || !answer.Data.DtContractEnd.Set {
		return err
	}
	text, _ := sent.(string) // nil clears the end
	want, err := roster.ParseDate(text)
	if err != nil {
		return fmt.Errorf("property %q: %w", contractEnd, err)
	}
	if got, err := roster.ParseDate(answer.Data.DtContractEnd.Value); err != nil || got != want {
		return ErrNotKept
	}
	return nil
}

// WorkContract is a new contract of an employee whose former ones have ended.
type WorkContract struct {
	OwnerID, EstablishmentID int
	// TypeID is the template that the contract conforms to, which Lucca needs. CategoryID is 0
	// for none.
	TypeID, CategoryID int
	StartsOn           roster.Date
	// EndsOn is the last day; none for an open-ended contract.
	EndsOn roster.Date
}

// Rehire gives a former employee a new work contract and returns the contract's id. As for
// Create, a lost answer is an ErrDoubt: see FindContract.
func (c *Client) Rehire(ctx context.Context, w WorkContract) (id int, err error) {
	p := Properties{"ownerId": w.OwnerID, "establishmentId": w.EstablishmentID, "startsOn": w.StartsOn.String()}
	for name, id := range map[string]int{"typeId": w.TypeID, "spcId": w.CategoryID} {
		if id != 0 {
			p[name] = id
		}
	}
	if !w.EndsOn.IsZero() {
		p["endsOn"] = w.EndsOn.String()
	}
	id, err = c.post(ctx, request{path: contractsRoute, clean: cleaner(p)}, p, v4ID)
	if err != nil {
		return 0, fmt.Errorf("create work contract of employee %d: %w", w.OwnerID, err)
	}
	return id, nil
}

// ContractChange is what becomes of a contract. The zero value of a part leaves it as it is.
type ContractChange struct {
	// End is whether the end changes, to EndsOn or, without one, to none.
	End    bool
	EndsOn roster.Date
	// ReasonID is why it ends.
	ReasonID int
	TypeID   int
}

// ChangeContract changes a work contract, as
// developers.lucca.fr/api-reference/legacy/directory/patch-work-contract says. It is idempotent.
// Errors are those of Update: when Lucca's answer shows another end or type, an ErrNotKept.
func (c *Client) ChangeContract(ctx context.Context, id int, w ContractChange) error {
	p := Properties{}
	if w.End {
		p["endsOn"] = nil
		if !w.EndsOn.IsZero() {
			p["endsOn"] = w.EndsOn.String()
		}
	}
	for name, id := range map[string]int{"terminationReasonId": w.ReasonID, "typeId": w.TypeID} {
		if id != 0 {
			p[name] = id
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("change work contract %d: write request: %w", id, err)
	}
	answer, err := c.send(ctx, request{
		method: http.MethodPatch,
		path:   contractsRoute + "/" + strconv.Itoa(id),
		body:   body,
		clean:  cleaner(p),
		check: func(body []byte) error {
			got, err := v4ID(body, nil)
			if err == nil && got != id {
				err = fmt.Errorf("an answer about work contract %d: %w", got, ErrMalformed)
			}
			return err
		},
	})
	if err == nil {
		err = w.kept(answer)
	}
	if err != nil {
		return fmt.Errorf("change work contract %d: %w", id, err)
	}
	return nil
}

// kept compares the contract in an answer with what was sent.
func (w ContractChange) kept(body []byte) error {
	var k struct {
		EndsOn optional[string]
		TypeID optional[int]
	}
	if err := decode(body, &k); err != nil {
		return err
	}
	var end roster.Date
	if err := parseDate("endsOn", k.EndsOn.Value, &end); err != nil {
		return err
	}
	if w.End && k.EndsOn.Set && end != w.EndsOn || w.TypeID != 0 && k.TypeID.Set && k.TypeID.Value != w.TypeID {
		return ErrNotKept
	}
	return nil
}

// contractsRoute is where work contracts are listed and created.
const contractsRoute = "/directory/api/4.0/work-contracts"

// post creates something and reads its id out of the answer.
func (c *Client) post(ctx context.Context, q request, p Properties, readID idReader) (id int, err error) {
	q.method = http.MethodPost
	if q.body, err = json.Marshal(p); err != nil {
		return 0, fmt.Errorf("write request: %w", err)
	}
	q.check = func(body []byte) error {
		id, err = readID(body, q.clean)
		return err
	}
	if _, err = c.send(ctx, q); err == nil {
		return id, nil
	}
	if doubtful(err) {
		err = fault.Wrap(ErrDoubt, err)
	}
	return 0, err
}

// doubtful reports whether Lucca may have acted on a request in spite of the error. A status
// of 500 is no refusal, whatever its text.
func doubtful(err error) bool {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status >= http.StatusInternalServerError
	}
	return (errors.Is(err, ErrUnavailable) || errors.Is(err, ErrMalformed)) && !httpapi.NeverSent(err)
}

// idReader reads the id out of an answer about one thing.
type idReader func(body []byte, clean func(string) string) (int, error)

// v3ID reads {"data":{"id":N}}. A 200 with a Message is a refusal, as in Lucca's own client.
func v3ID(body []byte, clean func(string) string) (int, error) {
	var answer struct {
		Message optional[any]
		Data    optional[struct{ ID optional[int] }]
	}
	if err := decode(body, &answer); err != nil {
		return 0, err
	}
	if m := answer.Message; m.Set && !m.Null && m.Value != "" {
		return 0, &refusal{http.StatusOK, clean(message(body)), ErrRejected}
	}
	return positive(answer.Data.Value.ID)
}

// v4ID reads {"id":N,…}.
func v4ID(body []byte, _ func(string) string) (int, error) {
	var answer struct{ ID optional[int] }
	if err := decode(body, &answer); err != nil {
		return 0, err
	}
	return positive(answer.ID)
}

func positive(id optional[int]) (int, error) {
	if id.Value <= 0 {
		return 0, fmt.Errorf("no id: %w", ErrMalformed)
	}
	return id.Value, nil
}
