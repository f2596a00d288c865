package flatchr

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
)

// The articles about this connector are the contract of what is exchanged; each field that
// they name is a case here. The older ones (English and French) have four fields, the
// German one three more.

func webhook(t *testing.T, candidate, vacancy map[string]any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"event": "drag_applicant", "data": map[string]any{
		"applicant_id": 1474, "column": map[string]any{"id": 697, "title": "Recruté", "hired": true},
		"applicant": map[string]any{"id": 1474, "updated_at": "2026-11-20T23:30:00.000Z"},
		"candidate": candidate, "vacancy": vacancy,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// imported is the row that the plan gets of a webhook, without blank cells, and the codes
// of what is said about it.
func imported(t *testing.T, candidate, vacancy map[string]any) (row map[string]string, codes []string) {
	t.Helper()
	e, err := reader(t).Webhook(webhook(t, candidate, vacancy), arrival)
	if err != nil {
		t.Fatal(err)
	}
	table := hire.Rows([]hire.Event{e}, hire.Settings{
		Zone: paris(t),
		Config: hire.Config{Source: "flatchr", Defaults: plan.Defaults{Values: map[string]string{
			"legalEntity": "Acme Lyon", "department": "Support", "rolePrincipal": "Utilisateur",
		}}},
	})
	row = make(map[string]string)
	for i, column := range table.Columns {
		if cell := table.Rows[0].Cells[i]; cell != "" {
			row[column.Code] = cell
		}
	}
	for _, f := range table.Findings {
		codes = append(codes, f.Code+" "+f.Column)
	}
	slices.Sort(codes)
	return row, codes
}

func TestSeed000And001Fields(t *testing.T) {
	t.Parallel()
	whole := map[string]any{"lastname": "Dubonneau", "firstname": "Pauline", "email": "pauline@mail.example", "phone": "+33 6 76 56 45 23"}
	without := func(key string, value any) map[string]any {
		c := maps.Clone(whole)
		c[key] = value
		return c
	}
	for _, tt := range []struct {
		name      string
		candidate map[string]any
		code      string
		want      string
	}{
		{"last name", whole, "lastName", "Dubonneau"},
		{"first name", whole, "firstName", "Pauline"},
		{"the personal address stands in for the professional one", whole, "mail", "pauline@mail.example"},
		{"telephone number if available", whole, "professionalMobile", "+33676564523"},
		{"no telephone number", without("phone", nil), "professionalMobile", ""},
		{"a telephone number that is none", without("phone", "voir CV"), "professionalMobile", ""},
		{"legal entity is not sent", whole, "legalEntity", ""},
		{"department is not sent", whole, "department", ""},
		{"primary role is not sent", whole, "rolePrincipal", ""},
		{"login is not sent, the plan makes it", whole, "login", ""},
		{"contract start is not sent: the day of the move, in Paris", whole, "dtContractStart", "21/11/2026"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row, _ := imported(t, tt.candidate, map[string]any{"title": "Chirurgienne", "start_date": nil})
			if row[tt.code] != tt.want {
				t.Errorf("%s is %q, want %q", tt.code, row[tt.code], tt.want)
			}
		})
	}
}

func TestSeed000And001WhatTheAdministratorCompletes(t *testing.T) {
	t.Parallel()
	_, codes := imported(t, map[string]any{"lastname": "Dubonneau", "firstname": "Pauline", "email": "p@mail.example", "phone": ""}, nil)
	want := []string{"personal_mail mail", "start_by_fallback dtContractStart"}
	if !slices.Equal(codes, want) {
		t.Errorf("said %q, want %q", codes, want)
	}
}

func TestSeed003Fields(t *testing.T) {
	t.Parallel()
	candidate := map[string]any{"lastname": "Müller", "firstname": "Jörg", "email": "joerg@mail.example", "phone": "+49 151 12345678"}
	vacancy := map[string]any{"title": "Pfleger", "department": "Station 3", "contract_type_id": 1, "start_date": "2027-01-04T00:00:00.000Z"}
	row, codes := imported(t, candidate, vacancy)
	want := map[string]string{
		"lastName": "Müller", "firstName": "Jörg", "mail": "joerg@mail.example", "personalEmail": "joerg@mail.example",
		"professionalMobile": "+4915112345678", "department": "Station 3", "dtContractStart": "04/01/2027", "jobTitle": "Pfleger",
		"contractType": "CDI",
	}
	if !maps.Equal(row, want) {
		t.Errorf("row %q, want %q", row, want)
	}
	if want := []string{"personal_mail mail"}; !slices.Equal(codes, want) {
		t.Errorf("said %q, want %q", codes, want)
	}
}
