package run

// Progress is how far a long step has come.
type Progress struct {
	// Step is what is being done, such as "users" or "upload".
	Step string
	// Done and Total count what the step counts; Total is 0 when it is not known.
	Done, Total int64
}
