package sandbox_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lucca-exchange/internal/sandbox"
)

// longUser asks for everything that a user has.
const longUser = "id,name,url,displayName,modifiedAt,lastName,firstName,login,mail,dtContractStart,dtContractEnd,birthDate,employeeNumber," +
	"calendarId,calendar,cultureID,culture,picture,legalEntityId,legalEntity,departmentId,department,managerId,manager,rolePrincipalId," +
	"rolePrincipal,habilitedRoles,userWorkCycles,cspId,jobTitle,gender,directLine,professionalMobile,personalEmail,personalMobile,address," +
	"quote,nationalityId,applicationData,extendedData,userAxisValues_3"

// Every route's answers keep the contract in testdata, which is written from Lucca's
// documentation and not from this code.
func TestAnswersKeepTheContract(t *testing.T) {
	t.Parallel()
	const root = "?limit=100&fields.root=count,prev,next"
	s := start(t, sandbox.MinSize, sandbox.Options{Header: true, V3Departments: true})
	cases := []struct {
		schema, method, path, body string
		status                     int
	}{
		{"userList", "GET", "/api/v3/users?formerEmployees=true&fields=collection.count," + longUser, "", 200},
		{"refs", "GET", "/api/v3/users", "", 200},
		{"v3Count", "GET", "/api/v3/users?fields=collection.count", "", 200},
		{"userItem", "GET", "/api/v3/users/{someone}", "", 200},
		{"userItem", "PUT", "/api/v3/users/{someone}", `{"jobTitle":"x"}`, 200},
		{"userItem", "POST", "/api/v3/users?contract=true", newcomer, 200},
		{"v3Error", "POST", "/api/v3/users?contract=true", newcomer, 400},
		{"v3Error", "GET", "/api/v3/users/999999", "", 500},
		{"v3Error", "PUT", "/api/v3/users/999999", `{}`, 404},
		{"v3Error", "GET", "/api/v3/users?fields=id[", "", 400},
		{"departmentList", "GET", "/api/v3/departments?fields=id,name,code,hierarchy,parentId,position,sortOrder,level,isActive,headID,head,users,currentUsers,url", "", 200},
		{"refs", "GET", "/api/v3/departments", "", 200},
		{"refs", "GET", "/api/v3/roles?fields=id,name,url", "", 200},
		{"axisList", "GET", "/api/v3/axes?fields=id,name,url,multilingualName,position,parentAxisId,isActive,isReadOnly,isNNRelation,level", "", 200},
		{"sectionList", "GET", "/api/v3/axisSections?axisId=3&fields=id,name,url,code,multilingualName,ownerId,startOn,endOn,active,axisId,parentAxisSections,childrenAxisSections", "", 200},
		{"v3Error", "GET", "/api/v3/legalentities", "", 410},
		{"v3Error", "GET", "/api/v3/nothing", "", 404},
		{"departmentListV4", "GET", "/organization/structure/api/departments" + root, "", 200},
		{"v4Problem", "GET", "/organization/structure/api/departments?limit=101", "", 400},
		{"v4Problem", "GET", "/directory/api/4.0/work-contracts?fields.root=count,next", "", 400},
		{"establishmentList", "GET", "/organization/structure/api/establishments" + root, "", 200},
		{"namedList", "GET", "/organization/structure/api/legal-units" + root, "", 200},
		{"namedList", "GET", "/organization/structure/api/occupation-categories" + root, "", 200},
		{"contractList", "GET", "/directory/api/4.0/work-contracts?limit=1000&fields.root=count", "", 200},
		{"payList", "GET", "/remuneration/api/fixed-items" + root, "", 200},
		{"v4Problem", "POST", "/directory/api/4.0/work-contracts", "{}", 400},
		{"v4Problem", "GET", "/remuneration/api/fixed-items?limit=1001", "", 400},
		{"v4Problem", "GET", "/directory/api/nothing", "", 404},
	}
	someone := id(s.company.Cast[sandbox.Renewed][0])
	for _, tc := range cases {
		got := s.do(t, tc.method, strings.ReplaceAll(tc.path, "{someone}", someone), tc.body)
		if got.status != tc.status {
			t.Errorf("%s %s: status %d, want %d: %s", tc.method, tc.path, got.status, tc.status, got.body)
			continue
		}
		validate(t, tc.schema, tc.path, got.body)
	}
}

func validate(t *testing.T, schema, what, body string) {
	t.Helper()
	contract, err := jsonschema.NewCompiler().Compile("testdata/contract.schema.json#/$defs/" + schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		t.Errorf("%s: not JSON: %v", what, err)
		return
	}
	if err := contract.Validate(value); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
