//go:build !race

package flowtest

// Step is how many operations lie between two faults.
const Step = 1
