"""Prints what cloudsplaining finds in each policy file, as JSON: file name → finding → what."""
import json
import os
import sys

from cloudsplaining.scan.policy_document import PolicyDocument

FINDINGS = [
    "allows_privilege_escalation",
    "permissions_management_without_constraints",
    "write_actions_without_constraints",
    "tagging_actions_without_constraints",
    "allows_data_exfiltration_actions",
    "credentials_exposure",
    "infrastructure_modification",
    "service_wildcard",
    "contains_statement_using_not_action",
]

found = {}
for path in sys.argv[1:]:
    with open(path) as file:
        document = PolicyDocument(json.load(file))
    found[os.path.basename(path)] = {name: value for name in FINDINGS if (value := getattr(document, name))}
print(json.dumps(found, default=str))
