package provision

import (
	"errors"

	"claria/aws"
	"claria/provision/state"
)

// reading is the outcome of a read.
func reading[T any](value T, err error, operation string) state.Reading[T] {
	switch {
	case err == nil:
		return state.Known(value)
	case errors.Is(err, errNone):
		return state.Absent[T]()
	case errors.Is(err, errIncomplete):
		return state.Unknown[T](state.Problem{Operation: operation, Kind: aws.Unavailable, Message: errIncomplete.Error()})
	}
	err = aws.Wrap(err, operation, "")
	failure, _ := errors.AsType[*aws.Error](err)
	if failure.Kind == aws.Absent {
		return state.Absent[T]()
	}
	message := failure.Kind.Sentence()
	if failure.Code != "" {
		message += " (" + failure.Code + ")"
	}
	return state.Unknown[T](state.Problem{Operation: operation, Kind: failure.Kind, Message: message})
}

// ReadingOf is the outcome of one read of AWS, by the rules of Observe: absent when
// AWS says that there is no such thing, unknown for any other failure.
func ReadingOf[T any](value T, err error, operation string) state.Reading[T] {
	return reading(value, err, operation)
}

func isUnknown(f fact) bool {
	_, unknown := f.Problem()
	return unknown
}
