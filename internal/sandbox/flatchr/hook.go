package flatchr

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"slices"
	"time"
)

// timestamp is how Flatchr writes an instant.
const timestamp = "2006-01-02T15:04:05.000Z07:00"

// Send posts the body of a webhook and returns the status of the answer. Flatchr sends
// each once.
func (s *Server) Send(ctx context.Context, url string, body []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send webhook: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody)); err != nil {
		return 0, fmt.Errorf("read answer to webhook: %w", err)
	}
	return resp.StatusCode, nil
}

// hook is the webhook of a moved applicant; the server is locked.
func (s *Server) hook(a Applicant) ([]byte, error) {
	v, c := s.vacancy(a.VacancyID), s.column(a.column)
	body, err := json.Marshal(object{
		"event":      "drag_applicant",
		"company_id": 60,
		"data": object{
			"user": object{"id": 240, "firstname": "Tom", "lastname": "Bourgis", "phone": nil, "language": "fr_FR"},
			"applicant": object{
				"id": a.ID, "vacancy_id": encoded("vacancy", v.ID), "candidate_id": candidate(a), "score": 0, "status": 1,
				"created_at": stamp(a.created), "updated_at": stamp(a.updated), "column_id": encoded("column", c.ID),
				"comment": nil, "external_id": nil, "view": false,
			},
			"candidate": object{
				"id": candidate(a), "firstname": a.FirstName, "lastname": a.LastName, "email": a.Email, "phone": nullable(a.Phone),
				"status": 1, "external_id": nil, "created_at": stamp(a.created), "updated_at": stamp(a.created), "consent": true,
			},
			"column":       s.columnObject(*c, c.ID),
			"vacancy":      s.vacancyObject(*v, v.ID),
			"user_id":      encoded("user", 240),
			"applicant_id": a.ID, "candidate_id": candidate(a),
			"column_id": encoded("column", c.ID), "vacancy_id": encoded("vacancy", v.ID),
			"company": object{"id": s.options.Company, "name": s.options.Name},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("write webhook: %w", err)
	}
	return body, nil
}

func (s *Server) columnObject(c Column, id any) object {
	return object{"id": id, "title": c.Title, "company_id": s.options.Company, "position": slices.Index(s.options.Columns, c), "visible": true, "hired": c.Hired}
}

func (s *Server) vacancyObject(v Vacancy, id any) object {
	o := object{
		"id": id, "company_id": s.options.Company, "title": v.Title, "description": "<p>…</p>", "status": 1,
		"contract_type_id": known(v.ContractType), "reference": v.Title, "start_date": nullable(v.StartDate), "end_date": nil,
		"language": "fr_FR", "currency": "EUR", "remote": false,
	}
	if v.Department != "" {
		o["department"] = v.Department
	}
	return o
}

// candidate is the id of the person, another than that of the application.
func candidate(a Applicant) int { return a.ID - 214 }

func stamp(t time.Time) string { return t.UTC().Format(timestamp) }

func known(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// encoded is the text that Flatchr shows instead of a number in most places: 16 letters
// and digits.
func encoded(kind string, id int) string {
	const letters = "0123456789ABCDEFGJKLMNOPQRVWXYZabdeglmnopqrvwxyz"
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d", kind, id) // a hash takes everything
	sum := h.Sum64()
	text := make([]byte, 16)
	for i := range text {
		text[i] = letters[sum%uint64(len(letters))]
		sum = sum/uint64(len(letters)) ^ sum<<7
	}
	return string(text)
}
