package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Every hand-written policy survives MarshalJSON and Parse unchanged, so the other
// evaluator gets the same policies as ours.
func TestADocumentComesBackAsItself(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	documents := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Name           string          `json:"name"`
			Identity       json.RawMessage `json:"identity"`
			ResourcePolicy json.RawMessage `json:"resource_policy"`
		}
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			for _, statements := range []json.RawMessage{c.Identity, c.ResourcePolicy} {
				if statements == nil {
					continue
				}
				d, err := Parse([]byte(`{"Version": "2012-10-17", "Id": "x", "Statement": ` + string(statements) + `}`))
				if err != nil {
					continue // this case is about a policy that IAM refuses
				}
				text, err := json.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				back, err := Parse(text)
				if err != nil {
					t.Errorf("%s: %v: %s", c.Name, err, text)
				} else if !reflect.DeepEqual(sorted(d), sorted(back)) {
					t.Errorf("%s:\n%+v\n%+v", c.Name, d, back)
				}
				documents++
			}
		}
	}
	if documents < 100 {
		t.Errorf("only %d documents", documents)
	}
}

// sorted puts the conditions and principals, which JSON keeps in objects, into one order.
func sorted(d Document) Document {
	for i := range d.Statements {
		st := &d.Statements[i]
		slices.SortFunc(st.Conditions, func(a, b Condition) int {
			return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
		})
		slices.SortFunc(st.Principals, func(a, b Principal) int { return strings.Compare(a.Type+a.Value, b.Type+b.Value) })
	}
	return d
}
