package apply

import (
	"context"
	"errors"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// Writer is what Apply does in Lucca: a *lucca.Client, whose comments are its contract.
type Writer interface {
	Create(ctx context.Context, p lucca.Properties) (id int, err error)
	Update(ctx context.Context, id int, p lucca.Properties) error
	Rehire(ctx context.Context, w lucca.WorkContract) (id int, err error)
	ChangeContract(ctx context.Context, id int, w lucca.ContractChange) error
	FindUsers(ctx context.Context, login, mail string) ([]roster.Employee, error)
	FindContract(ctx context.Context, owner int, start roster.Date) (id int, err error)
}

var _ Writer = (*lucca.Client)(nil)

// errTaken: somebody else has the login or the address of a user to be created.
var errTaken = errors.New("somebody else has the login or the address")

// maxCreations bounds how often the same creation is sent.
const maxCreations = 3

// create creates the user of a job, once.
func (a *applier) create(ctx context.Context, j *job) (int, error) {
	return once(j.Step.begun(),
		func() (int, error) { return a.find(ctx, j.item) },
		func() (int, error) { return a.lucca.Create(ctx, j.body) })
}

// rehire creates the contract of a job, once. The id is that of the employee.
func (a *applier) rehire(ctx context.Context, j *job) (int, error) {
	_, err := once(j.Step.begun(),
		func() (int, error) { return a.lucca.FindContract(ctx, j.contract.OwnerID, j.contract.StartsOn) },
		func() (int, error) { return a.lucca.Rehire(ctx, j.contract) })
	return j.EmployeeID, err
}

// once makes something that must not be made twice. When an earlier request may have made it
// (doubt), it looks first; look's lucca.ErrNotFound lets make go on. A refusal after a doubt
// may be that of the second of two, so that it looks once more.
func once(doubt bool, look, create func() (int, error)) (id int, err error) {
	for range maxCreations {
		if doubt {
			if id, err := look(); !errors.Is(err, lucca.ErrNotFound) {
				return id, stillDoubtful(err)
			}
		}
		id, err = create()
		if !errors.Is(err, lucca.ErrDoubt) {
			break
		}
		doubt = true
	}
	if err == nil || !doubt || !errors.Is(err, lucca.ErrDoubt) && !refused(err) {
		return id, err
	}
	id, lookErr := look()
	if errors.Is(lookErr, lucca.ErrNotFound) || errors.Is(lookErr, errTaken) {
		return 0, err
	}
	return id, stillDoubtful(lookErr)
}

// stillDoubtful keeps an error of a look apart from a refusal of what was looked for.
func stillDoubtful(err error) error {
	if err == nil || errors.Is(err, errTaken) {
		return err
	}
	return fault.Wrap(lucca.ErrDoubt, err)
}

// find returns the id of the user whom an item has created, an error wrapping
// lucca.ErrNotFound when there is none, or errTaken.
func (a *applier) find(ctx context.Context, item *plan.Item) (int, error) {
	found, err := a.lucca.FindUsers(ctx, loginOf(item), item.Set.Get(plan.Mail).To)
	if err != nil {
		return 0, err
	}
	for i := range found {
		if created(&found[i], item) {
			return found[i].ID, nil
		}
	}
	if len(found) > 0 {
		return 0, errTaken
	}
	return 0, lucca.ErrNotFound
}

func loginOf(item *plan.Item) string {
	if login := item.Set.Get(plan.Login).To; login != "" {
		return login
	}
	return item.Login
}

// created reports whether an employee is the one that an item creates: the same address,
// names and first day, in whatever spelling Lucca has them, as far as the key may see them.
func created(e *roster.Employee, item *plan.Item) bool {
	same := func(field roster.Fields, have, code string, key func(string) string) bool {
		return e.Hidden&field != 0 || key(have) == key(item.Set.Get(code).To)
	}
	return same(roster.Mail, e.Mail, plan.Mail, person.AddressKey) &&
		same(roster.FirstName, e.FirstName, plan.FirstName, person.Fold) &&
		same(roster.LastName, e.LastName, plan.LastName, person.Fold) &&
		same(roster.ContractStart, e.ContractStart.String(), plan.ContractStart, strings.Clone)
}

// refused reports whether Lucca refused a request for good, and did not act on it.
func refused(err error) bool {
	return !errors.Is(err, lucca.ErrDoubt) && (errors.Is(err, lucca.ErrRejected) ||
		errors.Is(err, lucca.ErrForbidden) || errors.Is(err, lucca.ErrNotFound))
}

// unclear reports whether an error leaves open what Lucca did, or says that it did nothing
// but could later.
func unclear(err error) bool {
	if errors.Is(err, lucca.ErrUnauthorized) {
		return false
	}
	return errors.Is(err, lucca.ErrDoubt) || errors.Is(err, lucca.ErrUnavailable) ||
		errors.Is(err, lucca.ErrRateLimited) || errors.Is(err, lucca.ErrMalformed) || errors.Is(err, lucca.ErrChanged)
}
