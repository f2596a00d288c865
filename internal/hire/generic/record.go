package generic

import (
	"encoding/json"
	"reflect"

	"lucca-exchange/internal/tabular"
	"lucca-exchange/schemas"
)

// The keys that are treated in a way of their own.
const (
	keyExternalID   = "externalId"
	keyMail         = "mail"
	keyPersonalMail = "personalEmail"
	keyPhone        = "phone"
	keyStart        = "dtContractStart"
	keyContractType = "contractType"
	keyHiredAt      = "hiredAt"
)

// record is one hire as it is written: all texts. The tags are the columns of a file, which
// gocsv reads, and the keys of JSON.
type record struct {
	ExternalID   string `csv:"externalId"`
	LastName     string `csv:"lastName"`
	FirstName    string `csv:"firstName"`
	Mail         string `csv:"mail"`
	PersonalMail string `csv:"personalEmail"`
	Phone        string `csv:"phone"`
	Start        string `csv:"dtContractStart"`
	JobTitle     string `csv:"jobTitle"`
	LegalEntity  string `csv:"legalEntity"`
	Department   string `csv:"department"`
	Manager      string `csv:"manager"`
	Role         string `csv:"rolePrincipal"`
	ContractType string `csv:"contractType"`
	HiredAt      string `csv:"hiredAt"`
}

// texts are the fields by key.
func (r *record) texts() map[string]*string {
	texts := make(map[string]*string)
	for f, v := range reflect.ValueOf(r).Elem().Fields() {
		if text, ok := v.Addr().Interface().(*string); ok {
			texts[f.Tag.Get("csv")] = text
		}
	}
	return texts
}

// Keys are the names of the fields of a hire.
func Keys() ([]string, error) {
	all, err := fields()
	keys := make([]string, len(all))
	for i, f := range all {
		keys[i] = f.Name
	}
	return keys, err
}

// field is a field of the schema.
type field struct {
	Name        string
	Constraints struct{ Required bool }
}

// fields are those of schemas/hires.json, in its order.
func fields() ([]field, error) {
	var resource struct{ Schema struct{ Fields []field } }
	if err := json.Unmarshal(schemas.Hires, &resource); err != nil {
		return nil, unusable(err)
	}
	return resource.Schema.Fields, nil
}

// contract is the schema as tabular binds a header to it.
func contract(fields []field) tabular.Contract {
	var c tabular.Contract
	for _, f := range fields {
		c.Fields = append(c.Fields, tabular.Field{Key: f.Name})
		if f.Constraints.Required {
			c.Required = append(c.Required, f.Name)
		}
	}
	return c
}
