package object

import (
	"encoding/json"
	"errors"
	"fmt"
)

// NewerError is a document that a newer Claria wrote. It is refused, because
// writing it back would drop what this one does not know.
type NewerError struct{ Schema, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("it was written by a newer Claria (format %d, this one reads %d); update this machine", e.Schema, e.Known)
}

// ErrGarbled says that an object is not the JSON that Claria writes. Nothing of
// the content is in it: an error of encoding/json quotes its input.
var ErrGarbled = errors.New("it is not what Claria writes, or it is damaged")

// Decode reads a document, a JSON object with a number "schema" from 1 to known.
// The error is ErrGarbled or a *NewerError. A newer document may have another
// shape altogether, so its number is read first.
func Decode(data []byte, known int, into any) error {
	var number struct {
		Schema int `json:"schema"`
	}
	switch err := json.Unmarshal(data, &number); {
	case err != nil || number.Schema < 1:
		return ErrGarbled
	case number.Schema > known:
		return &NewerError{Schema: number.Schema, Known: known}
	case json.Unmarshal(data, into) != nil:
		return ErrGarbled
	}
	return nil
}
