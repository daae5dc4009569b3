"""Reads OSCAL assessment results with compliance-trestle, whose classes are made from
NIST's published schema, and prints the findings as JSON: target → state."""
import json
import pathlib
import sys

from trestle.oscal.assessment_results import AssessmentResults

results = AssessmentResults.oscal_read(pathlib.Path(sys.argv[1]))
found = {}
for result in results.results:
    for finding in result.findings or []:
        found[finding.target.target_id] = str(finding.target.status.state.value if hasattr(finding.target.status.state, "value") else finding.target.status.state)
observations = sum(len(result.observations or []) for result in results.results)
risks = sum(len(result.risks or []) for result in results.results)
print(json.dumps({"version": str(results.metadata.oscal_version.__root__), "findings": found, "observations": observations, "risks": risks}))
