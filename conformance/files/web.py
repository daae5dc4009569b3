"""HTML as an export of a health record, which Chromium prints."""

import subprocess
from html import escape

TYPES = {"decimal": "1", "lowerLetter": "a", "upperLetter": "A", "upperRoman": "I", "lowerRoman": "i"}


def table(t, rng, ruled):
    out = ['<table class="ruled">' if ruled else "<table>"]
    head = len(t.header) > 1 or rng.random() < 0.7
    for r, row in enumerate(t.header + t.rows):
        top, cells = r < len(t.header), []
        if top and r == 0 and head:
            out.append("<thead>")
        column = 0
        for cell in row:
            tag = "th" if top else "td"
            span = (f' colspan="{cell.across}"' if cell.across > 1 else "") + (f' rowspan="{cell.down}"' if cell.down > 1 else "")
            # A place is enough for an alignment: the first columns hold names.
            align = "" if top or not cell.text[:1].isdigit() else ' class="n"'
            cells.append(f"<{tag}{span}{align}>{escape(cell.text)}</{tag}>")
            column += cell.across
        out.append("<tr>" + "".join(cells) + "</tr>")
        if top and r == len(t.header) - 1 and head:
            out.append("</thead>")
    return "\n".join(out) + "</table>"


def goals(case):
    """Nested ordered lists."""
    out, depth, opened = [], -1, []
    for level, text in case.goals:
        while depth > level:
            out.append("</li></" + opened.pop() + ">")
            depth -= 1
        if depth == level:
            out.append("</li>")
        while depth < level:
            depth += 1
            form, _, start = case.styles[depth]
            opened.append("ul" if form == "bullet" else "ol")
            kind = f' type="{TYPES[form]}"' if form in TYPES else ""
            out.append(f"<{opened[-1]}{kind}" + (f' start="{start}"' if start > 1 and form != "bullet" else "") + ">")
        out.append("<li>" + escape(text))
    while opened:
        out.append("</li></" + opened.pop() + ">")
    return "".join(out)


def fields(case):
    out = []
    for label, value in case.fields:
        if isinstance(value, str):
            out.append(f"<p><label>{label}: <select><option>Somebody else</option><option selected>{value}</option></select></label></p>")
            continue
        boxes = " ".join(f'<input type="checkbox"{" checked" if ticked else ""}> {option}' for option, ticked in value)
        out.append(f"<p>{label}: {boxes}</p>")
    return "".join(out)


def page(case, rng, printed):
    """The document. A printed one has no form: Chromium draws it as shapes."""
    parts = [f"<h1>{escape(case.title)}</h1>"]
    parts += [f"<p>{escape(text)}</p>" for text in case.paragraphs[:2]]
    parts.append("<p>The count rose to 10<sup>3</sup> cells, and the score was 85<sup>1</sup> at retest.</p>")
    parts.append(table(case.tables[0], rng, rng.random() < 0.5))
    parts.append("<h2>Goals</h2>" + goals(case))
    parts.append(f'<p style="display:none">{case.hidden}</p>')
    if not printed:
        parts.append(f"<p>He takes <del>{case.struck}</del> no medication now.</p>")
        parts.append(fields(case))
    parts += [f"<p>{escape(text)}</p>" for text in case.paragraphs[2:]]
    parts.append(table(case.tables[1], rng, rng.random() < 0.5))
    parts.append(f'<p dir="rtl">{case.right_to_left}</p>')
    style = ("body{font-family:'DejaVu Sans',sans-serif;font-size:10pt} table{border-collapse:collapse;width:100%;margin:8px 0}"
             " td,th{padding:2px 6px;text-align:left;vertical-align:top;font-size:8.5pt} .n{text-align:right}"
             " .ruled td,.ruled th{border:1px solid #333}")
    return (f'<!doctype html><html><head><meta charset="utf-8"><title>Export</title><style>{style}</style>'
            f"<script>var secret='{case.deleted}'</script></head><body>" + "\n".join(parts) + "</body></html>")


def write(case, rng, path):
    text = page(case, rng, False)
    coding = rng.choice(["utf-8", "utf-8", "utf-16", "ascii"])
    if coding == "ascii":  # every other letter as a character reference
        text = text.replace('charset="utf-8"', 'charset="windows-1252"')
    elif coding == "utf-16":
        text = text.replace('<meta charset="utf-8">', "")
    with open(path, "wb") as out:
        out.write(text.encode(coding, "xmlcharrefreplace"))


def printer(chromium, source, target):
    subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                    "--print-to-pdf=" + target, "file://" + source], check=True, capture_output=True, timeout=120)
