package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// s3Namespace is the XML namespace of every S3 document.
const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

var errMalformed = errors.New("the document does not fit its schema")

func malformedXML() error {
	return fail(http.StatusBadRequest,
		"MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

// readXML reads a request document into v, whose fields are the schema: it refuses an
// unknown element, a value outside an `enum:"A|B"`, and a missing element that is tagged
// `need:"yes"`, as S3 does.
func readXML(raw []byte, root string, v any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return fail(http.StatusBadRequest, "MissingRequestBodyError", "Request Body is empty")
	}
	if fitsSchema(raw, root, reflect.TypeOf(v)) != nil || xml.Unmarshal(raw, v) != nil || !complete(reflect.ValueOf(v), "", "") {
		return malformedXML()
	}
	return nil
}

// fitsSchema compares the elements of a document with the fields of t.
func fitsSchema(raw []byte, root string, t reflect.Type) error {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Local != root {
				return errMalformed
			}
			return fitsElement(d, t)
		}
	}
}

func fitsElement(d *xml.Decoder, t reflect.Type) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if t.Kind() != reflect.Struct {
				return errMalformed
			}
			field, ok := fieldNamed(t, token.Name.Local)
			if !ok {
				return errMalformed
			}
			if err := fitsElement(d, field); err != nil {
				return err
			}
		}
	}
}

func fieldNamed(t reflect.Type, name string) (reflect.Type, bool) {
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
		if tag == name || tag == "" && f.Name == name {
			return f.Type, f.Name != "XMLName"
		}
	}
	return nil, false
}

// complete reports whether v has every value that its tags require.
func complete(v reflect.Value, enum, need string) bool {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return need == ""
		}
		return complete(v.Elem(), enum, "")
	case reflect.Slice:
		if v.Len() == 0 {
			return need == ""
		}
		for i := range v.Len() {
			if !complete(v.Index(i), enum, need) {
				return false
			}
		}
	case reflect.String:
		if v.Len() == 0 {
			return need == ""
		}
		return enum == "" || slices.Contains(strings.Split(enum, "|"), v.String())
	case reflect.Struct:
		t := v.Type()
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && f.Name != "XMLName" && !complete(v.Field(i), f.Tag.Get("enum"), f.Tag.Get("need")) {
				return false
			}
		}
	}
	return true
}

// stamp is a time in the format of S3 documents.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
