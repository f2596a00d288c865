// Empty: it lets disconnect.go declare a function whose body is another package's.
