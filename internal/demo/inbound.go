package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
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

// Recruit moves an invented candidate to the column "Recruté" of the ATS.
func (d *Demo) Recruit() error {
	at := time.Now()
	vacancy := d.ats.AddVacancy(flatchr.Vacancy{
		Title: "Responsable de boutique", Department: "Commerce", ContractType: 1,
		StartDate: at.AddDate(0, 1, 0).UTC().Format(time.RFC3339),
	})
	id, err := d.ats.AddApplicant(flatchr.Applicant{
		VacancyID: vacancy, FirstName: "Maëlle", LastName: "Kerjean", Email: "maelle.kerjean@mail.example", Phone: "06 12 34 56 78",
	}, at)
	if err != nil {
		return fmt.Errorf("add a candidate: %w", err)
	}
	_, err = d.ats.MoveToHired(id, at)
	return err
}

// DropMixed has the payroll drop a file with good and bad rows, and returns its name.
func (d *Demo) DropMixed() (name string, err error) {
	soon := d.day.AddDate(0, 0, 20)
	rows := [][]string{{"login", "firstName", "lastName", "mail", "dtContractStart", "dtContractEnd", "department", "manager", "jobTitle"}}
	people := d.staff()
	for i, u := range people[:30] {
		row := []string{u.Login, "", "", "", "", "", "", "", u.JobTitle}
		switch i {
		case 3:
			row[8] = "Responsable d'équipe"
		case 7:
			row[7] = people[0].Login
		case 11:
			row[5] = soon.AddDate(0, 1, 0).Format(dateLayout)
		case 15:
			row[5] = "31/02/" + soon.Format("2006")
		case 19:
			row[7] = "nobody.here"
		case 23:
			row[6] = "Suport"
		}
		rows = append(rows, row)
	}
	rows = append(rows,
		[]string{"ibelmont", "Inès", "Belmont", "ines.belmont@acme.example", soon.Format(dateLayout), "", "", "tcarville", "Chargée de paie"},
		[]string{"tcarville", "Théo", "Carville", "theo.carville@acme.example", soon.Format(dateLayout), "", "Paie", "ibelmont", "Responsable paie"},
	)
	return d.drop("users_1.csv", rows)
}

// DropSuspicious has the payroll drop a file that would end a dozen contracts, as one with
// a shifted column would, and returns its name.
func (d *Demo) DropSuspicious() (name string, err error) {
	rows := [][]string{{"login", "dtContractEnd"}}
	for i, u := range d.staff()[:40] {
		end := ""
		if i%3 == 0 {
			end = d.day.AddDate(0, 0, -1).Format(dateLayout)
		}
		rows = append(rows, []string{u.Login, end})
	}
	return d.drop("users_2.csv", rows)
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

// drop writes a file as payrolls do: windows-1252 would be usual too, CRLF is.
func (d *Demo) drop(name string, rows [][]string) (string, error) {
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(strings.Join(row, ";") + "\r\n")
	}
	if err := os.WriteFile(filepath.Join(d.Dir, payroll, name), []byte(b.String()), 0o600); err != nil {
		return "", fmt.Errorf("drop %q: %w", name, err)
	}
	return name, nil
}
