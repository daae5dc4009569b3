"""Reads the exported evidence with independent readers and prints, as JSON, what each
of them understood: control → status, in the report's own words.

Usage: evidence.py json|ocsf|junit|csv|html|pdf FILE
"""
import csv
import json
import sys

kind, path = sys.argv[1:]


def ocsf():
    """py-ocsf-models: every event is a valid Compliance Finding (class 2003)."""
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    found = {}
    with open(path) as file:
        text = file.read()
    events = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    for event in events:
        assert event["class_uid"] == 2003 and event["category_uid"] == 2 and event["type_uid"] in (200301, 200302, 200303)
        read = ComplianceFinding.model_validate(event)
        found[event["compliance"]["control"].split(" ")[0]] = read.compliance.status_id.value if read.compliance.status_id is not None else 0
    return found


def junit():
    """junitparser: one test case for each control and citation."""
    from junitparser import Error, Failure, JUnitXml, Skipped

    found = {}
    xml = JUnitXml.fromfile(path)
    for suite in xml:
        for case in suite:
            kinds = {type(r) for r in case.result}
            status = "fail" if Failure in kinds else "error" if Error in kinds else "skipped" if Skipped in kinds else "pass"
            found[case.name.split(" ")[0]] = status
    return found


def rows():
    with open(path, newline="") as file:
        lines = list(csv.DictReader(file, strict=True))
    for line in lines:
        for value in line.values():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), value
    return {line["control"]: line["status"] for line in lines}


def html():
    """html5lib: the file parses without an error and loads nothing from the network."""
    import html5lib

    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    with open(path, "rb") as file:
        tree = parser.parse(file)
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not (name in ("src", "srcset", "poster", "data", "action", "background") or name == "href" and not value.startswith("#")), (element.tag, name, value)
        assert element.tag not in ("script", "link", "iframe", "object", "embed"), element.tag
        if element.tag == "style":
            assert "url(" not in element.text and "@import" not in element.text
    return {"text": " ".join("".join(tree.itertext()).split())}


def pdf():
    from pypdf import PdfReader

    reader = PdfReader(path)
    return {"pages": len(reader.pages), "text": " ".join(" ".join(page.extract_text() for page in reader.pages).split())}


print(json.dumps({"ocsf": ocsf, "junit": junit, "csv": rows, "html": html, "pdf": pdf}[kind]()))
