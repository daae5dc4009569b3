package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"claria/aws"
)

// Reading is one fact about the account: known, absent (AWS says that it does not exist),
// or unknown because the read failed. A denied or failed read is unknown, never "missing"
// and never "fine". The zero Reading is unknown.
type Reading[T any] struct {
	status status
	value  T
	reason Problem
}

type status uint8

const (
	unread status = iota
	known
	absent
	failed
)

// Problem is why a reading is unknown.
type Problem struct {
	Operation string   `json:"operation"` // "s3:GetBucketEncryption"
	Kind      aws.Kind `json:"kind,omitempty"`
	Message   string   `json:"message"`
}

// String is the problem in one line: "s3:GetBucketEncryption: this identity is not allowed to do it".
func (p Problem) String() string {
	if p.Operation == "" {
		return p.Message
	}
	return p.Operation + ": " + p.Message
}

// Known is a fact that was read.
func Known[T any](v T) Reading[T] { return Reading[T]{status: known, value: v} }

// Absent is a fact that AWS says does not exist.
func Absent[T any]() Reading[T] { return Reading[T]{status: absent} }

// Unknown is a fact that could not be read.
func Unknown[T any](p Problem) Reading[T] { return Reading[T]{status: failed, reason: p} }

// Value returns the fact and whether it is known.
func (r Reading[T]) Value() (T, bool) { return r.value, r.status == known }

// Known reports whether the fact was read.
func (r Reading[T]) Known() bool { return r.status == known }

// Absent reports whether AWS said that it does not exist.
func (r Reading[T]) Absent() bool { return r.status == absent }

// Problem returns why the fact is unknown; ok is false when it is known or absent.
func (r Reading[T]) Problem() (p Problem, ok bool) {
	switch r.status {
	case failed:
		return r.reason, true
	case unread:
		return Problem{Message: "it was not read"}, true
	}
	return Problem{}, false
}

// readingJSON is a Reading in JSON: exactly one of its fields is set.
type readingJSON[T any] struct {
	Known   *T       `json:"known,omitempty"`
	Absent  bool     `json:"absent,omitempty"`
	Unknown *Problem `json:"unknown,omitempty"`
}

// MarshalJSON writes {"known": …}, {"absent": true} or {"unknown": {…}}.
func (r Reading[T]) MarshalJSON() ([]byte, error) {
	var j readingJSON[T]
	switch r.status {
	case known:
		j.Known = &r.value
	case absent:
		j.Absent = true
	default:
		p, _ := r.Problem()
		j.Unknown = &p
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Reading[T]) UnmarshalJSON(data []byte) error {
	var j readingJSON[T]
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	switch {
	case j.Known != nil:
		*r = Known(*j.Known)
	case j.Absent:
		*r = Absent[T]()
	case j.Unknown != nil:
		*r = Unknown[T](*j.Unknown)
	default:
		*r = Reading[T]{}
	}
	return nil
}

// Find is the reading of one member of a list.
func Find[T any](list Reading[[]T], is func(T) bool) Reading[T] {
	if p, unknown := list.Problem(); unknown {
		return Unknown[T](p)
	}
	all, _ := list.Value()
	if i := slices.IndexFunc(all, is); i >= 0 {
		return Known(all[i])
	}
	return Absent[T]()
}

// Derive is the reading of what f computes from a reading.
func Derive[T, U any](r Reading[T], f func(T) U) Reading[U] {
	if p, unknown := r.Problem(); unknown {
		return Unknown[U](p)
	}
	if v, ok := r.Value(); ok {
		return Known(f(v))
	}
	return Absent[U]()
}

// ErrIncomplete says that AWS's answer lacks what its documentation promises.
var ErrIncomplete = errors.New("AWS's answer is incomplete")

// ErrNone is the error of a read when AWS says by an empty answer, not by an error, that
// something does not exist.
var ErrNone = errors.New("there is none")

// ReadingOf is the outcome of one read of AWS: absent if AWS says that it does not exist,
// unknown for any other error.
func ReadingOf[T any](value T, err error, operation string) Reading[T] {
	switch {
	case err == nil:
		return Known(value)
	case errors.Is(err, ErrNone):
		return Absent[T]()
	case errors.Is(err, ErrIncomplete):
		return Unknown[T](Problem{Operation: operation, Kind: aws.Unavailable, Message: ErrIncomplete.Error()})
	}
	err = aws.Wrap(err, operation, "")
	failure, _ := errors.AsType[*aws.Error](err)
	if failure.Kind == aws.Absent {
		return Absent[T]()
	}
	message := failure.Kind.Sentence()
	if by := aws.DeniedBy(failure.Err); by != "" {
		message += ": " + by
	}
	if failure.Code != "" {
		message += " (" + failure.Code + ")"
	}
	return Unknown[T](Problem{Operation: operation, Kind: failure.Kind, Message: message})
}
