package object

import (
	"encoding/json"
	"errors"
	"fmt"
)

// NewerError refuses a document that a newer version of Claria wrote, because writing it
// back would drop what this version does not know.
type NewerError struct{ Schema, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("a newer version of Claria wrote it (format %d; this version reads up to %d): "+
		"update Claria on this computer", e.Schema, e.Known)
}

// ErrGarbled says that an object is not JSON that Claria writes. It does not wrap the
// error of encoding/json, which quotes the content.
var ErrGarbled = errors.New("it is damaged, or Claria did not write it")

// Decode reads a document: a JSON object with a number "schema" from 1 to known. The error
// is ErrGarbled or a *NewerError. It reads the number first, because a newer document may
// have another shape.
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
