package permissions

import (
	"strings"

	"claria/provision/state"
)

// PolicyDocument renders one of the policies for an account.
func PolicyDocument(s state.Settings, policy string) string {
	d := Document{Version: PolicyVersion}
	for _, p := range Permissions() {
		if p.Policy != policy {
			continue
		}
		on := Expand(s, p.On...)
		if len(on) == 0 { // nothing to match, as without declared models
			continue
		}
		st := Statement{Sid: p.Sid, Effect: "Allow", Action: p.Actions, Resource: on}
		if p.Deny {
			st.Effect = "Deny"
		}
		for operator, keys := range p.When {
			if st.Condition == nil {
				st.Condition = Conditions{}
			}
			st.Condition[operator] = map[string][]string{}
			for key, values := range keys {
				st.Condition[operator][key] = Expand(s, values...)
			}
		}
		d.Statement = append(d.Statement, st)
	}
	return d.String()
}

// Expand replaces the placeholders in templates with the account's names.
func Expand(s state.Settings, templates ...string) []string {
	names := strings.NewReplacer(
		"{data}", state.BucketARN(state.DataBucketName(s)), "{data-name}", state.DataBucketName(s),
		"{audit}", state.BucketARN(state.AuditBucketName(s)),
		"{trail}", s.TrailARN(), "{analyzer}", s.Regional("access-analyzer", "analyzer/"+state.AnalyzerName(s)),
		"{account}", "arn:aws:iam::"+s.Account, "{account-id}", s.Account, "{system}", s.SystemName(), "{role}", s.ProvisionerARN(),
		"{points}", s.Regional("s3", "accesspoint/*"), "{grants}", s.Regional("s3", "access-grants/default"),
		"{jobs}", s.Regional("transcribe", "transcription-job/*"), "{region}", s.Region,
		"{account-settings}", "arn:aws:account::"+s.Account+":account", "{budgets}", "arn:aws:budgets::"+s.Account+":budget/*",
	)
	var out []string
	for _, t := range templates {
		switch t {
		case "{key-kept}":
			if s.Strict || s.KeyKept {
				out = append(out, s.Regional("kms", "key/*"))
			}
		case "{key}", "{key-alias}", "{strict}", "{strict-trail}": // no resource without the strict profile
			if s.Strict {
				out = append(out, map[string]string{
					"{key}": s.Regional("kms", "key/*"), "{key-alias}": s.KeyAliasARN(), "{strict}": "*", "{strict-trail}": s.TrailARN(),
				}[t])
			}
		case "{profile}":
			for _, m := range s.Models {
				out = append(out, s.ProfileARN(m))
			}
		case "{model}":
			for _, m := range s.Models {
				out = append(out, state.FoundationARN(s.Region, state.Foundation(m)))
			}
		case "{destination}":
			for _, m := range s.Models {
				for _, region := range state.Destinations(m) {
					out = append(out, state.FoundationARN(region, state.Foundation(m)))
				}
			}
		default:
			out = append(out, names.Replace(t))
		}
	}
	return out
}
