package builder

const hintAddress = "pass --builder ADDR or set BUILDKIT_HOST, such as unix:///run/buildkit/buildkitd.sock, tcp://HOST:1234 or docker-container://NAME"

// An Error is one that a person can act on.
type Error struct {
	// Msg says what is wrong. Required.
	Msg string
	// Next says what to do about it. Optional.
	Next string
	// Err is the cause. Optional.
	Err error
	// Usage is true where the options are wrong, whatever the builders do.
	Usage bool
}

// Error returns the message and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

// Hint returns the next step, or "".
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
