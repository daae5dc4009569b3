"""Files that are text: tables in many encodings, notes, transcripts, e-mail."""

import csv
import io
from email.message import EmailMessage
from email.utils import format_datetime
import datetime

ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "mac-roman", "utf-16", "utf-16-le", "utf-16-be"]


def encodable(text, coding):
    return text.encode(coding, "replace").decode(coding)


def csv_file(case, rng, path):
    """Returns the tables and the encoding."""
    t = rng.choice([t for t in case.tables if all(c.down == 1 for row in t.rows for c in row)] or case.tables)
    coding, delimiter = rng.choice(ENCODINGS), rng.choice([",", ";", "\t", "|"])
    decimal = "," if delimiter == ";" else "."
    rows = [t.labels()] + [[text for text, _ in line] for line in t.grid(t.rows)]
    rows = [[encodable(text, coding) for text in row] for row in rows]
    if delimiter == ";":
        rows = [[text.replace(".", decimal) if text[:1].isdigit() else text for text in row] for row in rows]
    # Quotes, the delimiter and a line feed within a cell.
    rows[1][0] = rows[1][0] + delimiter + ' "so called"'
    rows[2][0] = rows[2][0] + "\n(continued)"
    accented = ["Total für Zoë", "Résumé", "Größe"]
    rows.append([encodable(rng.choice(accented), coding)] + ["1"] * (len(rows[0]) - 1))
    out = io.StringIO()
    if delimiter != "\t" and rng.random() < 0.4:
        out.write(f"sep={delimiter}\r\n")
    csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\n", "\r\n"]),
               quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).writerows(rows)
    with open(path, "wb") as file:
        file.write(out.getvalue().encode(coding))
    cells = lambda row: [{"text": " ".join(text.split()), "merged": False} for text in row]
    return [{"name": t.name, "header": rows[0], "rows": [cells(row) for row in rows[1:]]}], coding


def note(case, rng, path):
    """A plain note with strange bytes and all line ends. Returns the encoding."""
    coding = rng.choice(ENCODINGS)
    end = rng.choice(["\n", "\r\n"])
    strange = rng.choice(["", "\x1b[31m", "\x07", "\x0c"]) + (rng.choice(["\u0090", "\u009d", "\x1b]"]) if coding.startswith("utf") else "")
    lines = [case.title, ""] + [encodable(text, coding) for text in case.paragraphs]
    lines[2] = lines[2].replace(" ", " " + strange, 1)
    lines.append(encodable("Größe und Gewicht – café, naïve, Zoë, “quoted”.", coding))
    case.paragraphs = lines[2:]
    text = end.join(end.join([line, ""]) for line in lines)
    with open(path, "wb") as file:
        file.write(encodable(text, coding).encode(coding))
    case.paragraphs[0] = case.paragraphs[0].replace(strange, "") if strange else case.paragraphs[0]
    case.title = encodable(case.title, coding)
    return coding


def markdown(case, rng, path):
    """A Markdown note: table, list, footnote, struck words."""
    t = next((t for t in case.tables if len(t.header) == 1 and all(c.down == 1 for row in t.rows for c in row)), None)
    lines = [f"# {case.title}", "", case.paragraphs[0].replace("<", "\\<") + "[^1]", "", f"He takes ~~{case.struck}~~ no medication.", ""]
    start = rng.choice([1, 1, 4])
    case.goals = [(0, text) for _, text in case.goals]
    lines += [f"{start + i}. {text}" for i, (_, text) in enumerate(case.goals)] + ["", "## Results", ""]
    if t:
        row = lambda cells: "| " + " | ".join(cells) + " |"
        lines += [row(t.labels()), row(["---"] * len(t.align))]
        lines += [row([text.replace("<", "\\<").replace("*", "\\*") for text, _ in line]) for line in t.grid(t.rows)] + [""]
    lines += [text.replace("<", "\\<") + "\n" for text in case.paragraphs[1:]]
    lines += [f"[^1]: {case.footnote}", ""]
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write("\n".join(lines))
    case.tables = [t] if t else []
    return [(f"{start + i}.", text) for i, (_, text) in enumerate(case.goals)]


def clock(ms, comma):
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{',' if comma else '.'}{ms % 1000:03}"


def transcript(case, rng, path):
    """WebVTT or SubRip. Returns the turns."""
    srt = path.endswith(".srt")
    voices = rng.choice([True, False]) and not srt
    end = rng.choice(["\n", "\r\n"])
    lines, turns, at = ([] if srt else ["WEBVTT - Session", "", "NOTE exported by " + case.deleted, ""]), [], rng.randint(0, 9000)
    if not srt and rng.random() < 0.5:
        lines += ["STYLE", "::cue { color: lime }", ""]
    speakers, cue = ["Therapist", case.client], 0
    for i, text in enumerate(case.paragraphs):
        words, began, speaker = text.split(), at, speakers[i % 2]
        for start in range(0, len(words), 9):
            piece = " ".join(words[start:start + 9])
            shown = piece.replace("&", "&amp;").replace("<", "&lt;") if not srt else piece
            if start == 0 or voices:
                shown = f"<v {speaker}>{shown}" if voices else f"{speaker}: {shown}"
            cue += 1
            if srt or rng.random() < 0.5:
                lines.append(str(cue))
            lines.append(f"{clock(at, srt)} --> {clock(at + 2900, srt)}" + ("" if srt or rng.random() < 0.7 else " align:start"))
            lines += [shown, ""]
            at += 3000 + rng.randint(0, 800)
        turns.append({"speaker": speaker, "text": text, "start": clock(began, False)[:8]})
    with open(path, "wb") as out:
        out.write((b"\xef\xbb\xbf" if rng.random() < 0.3 else b"") + (end.join(lines) + end).encode())
    return turns


def mail(case, rng, path):
    """An e-mail with encoded headers, two versions of the text, and attachments.
    Returns what its header says and the names of the attachments."""
    m = EmailMessage()
    head = {"From": f"{case.client} <client@example.net>", "To": "clinic@riverbend.example",
            "Subject": f"{case.client} – behaviour at school, “urgent”",
            "Date": format_datetime(datetime.datetime(2026, rng.randint(1, 12), 3, 9, 12, tzinfo=datetime.timezone.utc))}
    for name, value in head.items():
        m[name] = value
    text = "\n\n".join(case.paragraphs) + "\n"
    form = rng.choice(["plain", "both", "html"])
    coding = rng.choice(["quoted-printable", "base64", "8bit"])
    html = "<html><body>" + "".join(f"<p>{p.replace('<', '&lt;')}</p>" for p in case.paragraphs) + "</body></html>"
    if form == "html":
        m.set_content(html, subtype="html", cte=coding)
    else:
        m.set_content(text, cte=coding, charset="utf-8")
    if form == "both":
        m.add_alternative(html, subtype="html", cte="quoted-printable")
    names = rng.choice([[], ["scores.pdf"], ["Bericht Zoë.docx", "photo.jpg"]])
    for name in names:
        m.add_attachment(b"%PDF-1.4 invented", maintype="application", subtype="octet-stream", filename=name)
    with open(path, "wb") as out:
        out.write(m.as_bytes())
    return head, names
