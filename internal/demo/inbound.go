package demo

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/testdata"
)

// The inbound flows of the demo, and the remote that the payroll drops its files on.
const (
	Import  = "payroll-users"
	Hires   = "flatchr-hires"
	payroll = "payroll"
)

const inboundText = `  payroll-users:
    import:
      defaults: {legalEntity: "Acme Lyon", department: "Support", rolePrincipal: "Utilisateur", culture: fr-FR}
      approval: limits
    from: payroll
    pattern: "users_*.csv"
    pickup: {settle: 200ms}
    schedule: "0 6 * * *"
  flatchr-hires:
    hires:
      source: flatchr
      company: acme
      api_key: {file: ./secrets/flatchr-api-key}
      url: %s
%s      defaults: {legalEntity: "Acme Lyon", department: "Support", rolePrincipal: "Utilisateur"}
      approval: limits
    schedule: "*/30 * * * *"
`

// webhookLine is the key of the webhook, where the daemon listens.
func (d *Demo) webhookLine() string {
	if d.web == "" {
		return ""
	}
	return "      webhook_token: {file: ./secrets/flatchr-hook}\n"
}

// flatchr starts the stand-in for Flatchr's API.
func (d *Demo) flatchr(ctx context.Context, key string) (url string, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the stand-in of Flatchr: %w", err)
	}
	d.ats = flatchr.New(flatchr.Options{Company: "acme", Name: "Acme", Key: key})
	server := &http.Server{Handler: d.ats, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // always ErrServerClosed, or the listener is gone
	}()
	d.ended = append(d.ended, func() error {
		err := server.Close()
		<-done
		return err
	})
	return "http://" + l.Addr().String(), nil
}

// candidate is somebody of hires/candidates.csv.
type candidate struct {
	Last         string `csv:"last"`
	First        string `csv:"first"`
	Mail         string `csv:"mail"`
	Phone        string `csv:"phone"`
	Job          string `csv:"job"`
	Department   string `csv:"department"`
	ContractType int    `csv:"contract_type"`
}

// Recruit moves an invented candidate to the column "Recruté" of the ATS.
func (d *Demo) Recruit() error {
	return d.recruit(testdata.Rows[candidate]("hires/candidates.csv")[0])
}

// RecruitNamesake recruits somebody who is called like an employee: a person has to look.
func (d *Demo) RecruitNamesake() error {
	one, like := testdata.Rows[candidate]("hires/candidates.csv")[0], d.staff()[5]
	one.First, one.Last, one.Mail = like.FirstName, like.LastName, "candidate@mail.example"
	return d.recruit(one)
}

func (d *Demo) recruit(one candidate) error {
	at := time.Now()
	vacancy := d.ats.AddVacancy(flatchr.Vacancy{
		Title: one.Job, Department: one.Department, ContractType: one.ContractType,
		StartDate: at.AddDate(0, 1, 0).UTC().Format(time.RFC3339),
	})
	id, err := d.ats.AddApplicant(flatchr.Applicant{VacancyID: vacancy, FirstName: one.First, LastName: one.Last, Email: one.Mail, Phone: one.Phone}, at)
	if err != nil {
		return fmt.Errorf("add a candidate: %w", err)
	}
	_, err = d.ats.MoveToHired(id, at)
	return err
}

// user is a row of the payroll's first file.
type user struct {
	Login      string `csv:"login"`
	FirstName  string `csv:"firstName"`
	LastName   string `csv:"lastName"`
	Mail       string `csv:"mail"`
	Start      string `csv:"dtContractStart"`
	End        string `csv:"dtContractEnd"`
	Department string `csv:"department"`
	Manager    string `csv:"manager"`
	JobTitle   string `csv:"jobTitle"`
}

// leaver is a row of its second one.
type leaver struct {
	Login string `csv:"login"`
	End   string `csv:"dtContractEnd"`
}

// DropMixed has the payroll drop a file with good and bad rows, and returns its name.
func (d *Demo) DropMixed() (name string, err error) {
	soon := d.day.AddDate(0, 0, 20)
	people := d.staff()[:30]
	rows := make([]user, len(people))
	for i, u := range people {
		rows[i] = user{Login: u.Login, JobTitle: u.JobTitle}
	}
	rows[3].JobTitle = "Responsable d'équipe"
	rows[7].Manager = people[0].Login
	rows[11].End = soon.AddDate(0, 1, 0).Format(dateLayout)
	rows[15].End = "31/02/" + soon.Format("2006")
	rows[19].Manager = "nobody.here"
	rows[23].Department = "Suport"
	for _, u := range testdata.Rows[user]("users/newcomers.csv") {
		u.Start = soon.Format(dateLayout)
		rows = append(rows, u)
	}
	return drop(d, "users_1.csv", rows)
}

// DropSuspicious has the payroll drop a file that would end a dozen contracts, as one with
// a shifted column would, and returns its name.
func (d *Demo) DropSuspicious() (name string, err error) { return d.dropLeavers("users_2.csv", 0) }

// DropSuspiciousAgain drops another one, about other people.
func (d *Demo) DropSuspiciousAgain() (name string, err error) {
	return d.dropLeavers("users_3.csv", 40)
}

// WriteFaulty writes a file for somebody to bring in a browser, with a cell that is wrong, and
// returns its path.
func (d *Demo) WriteFaulty() (path string, err error) {
	var rows []user
	for _, u := range d.staff()[:5] {
		rows = append(rows, user{Login: u.Login, JobTitle: u.JobTitle})
	}
	rows[1].Manager, rows[2].JobTitle = "nobody.here", "Responsable d'équipe"
	path = filepath.Join(d.Dir, "users_to_bring.csv")
	return path, write(path, rows)
}

func (d *Demo) dropLeavers(name string, first int) (string, error) {
	var rows []leaver
	for i, u := range d.staff()[first : first+40] {
		row := leaver{Login: u.Login}
		if i%3 == 0 {
			row.End = d.day.AddDate(0, 0, -1).Format(dateLayout)
		}
		rows = append(rows, row)
	}
	return drop(d, name, rows)
}

const dateLayout = "02/01/2006"

// staff are people without peculiarities: present, with a number and an open-ended contract.
func (d *Demo) staff() []sandbox.User {
	var list []sandbox.User
	for _, u := range d.company.Users {
		if len(u.Contracts) == 1 && u.Contracts[0].End == 0 && u.Contracts[0].Start.Time().Before(d.day) && u.EmployeeNumber != "" && u.Login != "" && u.Mail != "" {
			list = append(list, u)
		}
	}
	return list
}

// drop has the payroll drop a file.
func drop[T any](d *Demo, name string, rows []T) (string, error) {
	return name, write(filepath.Join(d.Dir, payroll, name), rows)
}

// write writes a file as payrolls do: windows-1252 would be usual too, semicolons and CRLF are.
func write[T any](path string, rows []T) error {
	var b bytes.Buffer
	if err := tabular.WriteRecords(&b, tabular.Default(), nil, rows); err != nil {
		return fmt.Errorf("write %q: %w", filepath.Base(path), err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write %q: %w", filepath.Base(path), err)
	}
	return nil
}
