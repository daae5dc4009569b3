package drift

import (
	"testing"

	"claria/drift/catalogue"
)

// TestEveryControlHasAJudge holds the table of judges to the catalogue: a control
// without a judge has a statement to sign, and no judge is of a control that is gone.
func TestEveryControlHasAJudge(t *testing.T) {
	controls, err := catalogue.Controls(catalogue.Strict)
	if err != nil {
		t.Fatal(err)
	}
	table := judges()
	for _, c := range controls {
		if table[c.ID] == nil && c.Statement == nil {
			t.Errorf("%s has neither a judge nor a statement", c.ID)
		}
		delete(table, c.ID)
	}
	for id := range table {
		t.Errorf("the judge of %s has no control", id)
	}
}
