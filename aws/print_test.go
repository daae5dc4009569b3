package aws_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"claria/aws"
)

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	key := aws.Key{ID: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI", SessionToken: "FwoGZXIvYXdz"}
	source := aws.Source{Kind: aws.FromKey, Key: key}
	account := open(t, aws.Options{Source: source, LookupEnv: environ()})
	var out bytes.Buffer
	for _, value := range []any{key, &key, source, account, aws.Options{Source: source}, &aws.NoCredentialError{Source: source}, []aws.Key{
		key,
	}, map[string]aws.Key{"k": key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", value)
	}
	for _, value := range []any{key, map[string]any{"source": source}} {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(data)
	}
	for _, secret := range []string{key.Secret, key.SessionToken, fmt.Sprintf("%x", key.Secret)} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is in\n%s", secret, out.String())
		}
	}
}
