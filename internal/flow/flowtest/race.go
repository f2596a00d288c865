//go:build race

package flowtest

// Step is how many operations lie between two faults. The race detector, under which a
// database of Go is ten times slower, looks at some; .ci/test.sh tries all without it.
const Step = 7
