// Package userfile reads and writes Lucca's user file: the CSV of users that a payroll
// drops, whose columns are the codes of schemas/lucca-users.json.
//
// Read is strict about the file and lenient about nothing: whatever is unknown, twice or
// missing in the header refuses the file, a row of the wrong shape is a finding and stays
// a row, so that a plan rejects it. What the cells mean is the business of package plan.
//
// A run leaves two files beside the one it read: a report with every finding, and the
// rejected rows with their reasons, to be mended and dropped back. Normalise writes the
// good rows for Lucca's own import.
package userfile
