"""PDF documents, written by ReportLab."""

import io
import os
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, letter
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
ALIGN = {"l": TA_LEFT, "r": TA_RIGHT, "c": TA_CENTER}
rl_config.invariant = 1  # no dates: the same bytes each time


def has_font():
    return os.path.exists(DEJAVU)


def font():
    if "DejaVu" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("DejaVu", DEJAVU))
    return "DejaVu"


def flowing(t, rng, name, width):
    """A table by the layout engine: ruled or not, wrapped names, merged cells."""
    columns, rows, covered, style = len(t.align), [], set(), [("VALIGN", (0, 0), (-1, -1), "TOP")]
    everything = t.header + t.rows
    for r, row in enumerate(everything):
        line, cells = [""] * columns, iter(row)
        for c in range(columns):
            if (r, c) in covered:
                continue
            cell = next(cells)
            end = (c + cell.across - 1, r + cell.down - 1)
            covered |= {(i, j) for i in range(r, end[1] + 1) for j in range(c, end[0] + 1)}
            if end != (c, r):
                style.append(("SPAN", (c, r), end))
            top = r < len(t.header)
            form = ParagraphStyle("cell", fontName=name, fontSize=8.5, leading=10.5,
                                  alignment=TA_CENTER if top and cell.across > 1 else ALIGN[t.align[c]])
            line[c] = Paragraph(escape(cell.text), form) if cell.text else ""
        rows.append(line)
    merged = any(c.down > 1 for row in t.rows for c in row)
    look = rng.choice(["grid", "grid", "lines"] if merged else ["grid", "lines", "bare"])
    if look == "grid":
        style.append(("GRID", (0, 0), (-1, -1), 0.5, colors.black))
    if look == "lines":
        style += [("LINEABOVE", (0, 0), (-1, 0), 1, colors.black), ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black),
                  ("LINEBELOW", (0, len(t.header) - 1), (-1, len(t.header) - 1), 0.5, colors.black)]
        at = len(t.header)
        for row in t.rows:  # a rule between what belongs together
            if merged and row[0].down > 1:
                style.append(("LINEABOVE", (0, at), (-1, at), 0.5, colors.black))
            at += 1
    return Table(rows, [width * w / sum(t.widths) for w in t.widths], style=TableStyle(style), repeatRows=len(t.header))


def drawn(canvas, t, rng, name, left, top, width):
    """A table of single strings, placed one by one, column by column or row by row."""
    edges, x = [], left
    for w in t.widths:
        edges.append((x, x + width * w / sum(t.widths) - 8))
        x += width * w / sum(t.widths)
    jobs, y, size = [], top, 8
    wrap = lambda text, room: wrapped(text, room, name, size)
    lines = max((len(wrap(text, edges[c][1] - edges[c][0])) for c, text in enumerate(t.labels())), default=1)
    if len(t.header) > 1:
        for c, (text, anchor) in enumerate(t.grid(t.header)[0]):
            span = t.grid(t.header)[0]
            if c and anchor and text:
                last = max(i for i in range(c, len(span)) if span[i][0] == text)
                jobs.append((c, (edges[c][0] + edges[last][1]) / 2, y, text, "c"))
        y -= 11
        for c, label in enumerate(t.grid(t.header)[1]):
            jobs.append(place(c, label[0], edges, y, t.align))
    else:
        for c, text in enumerate(t.labels()):
            parts = wrap(text, edges[c][1] - edges[c][0])
            for i, part in enumerate(parts):
                jobs.append(place(c, part, edges, y - 10 * (lines - len(parts) + i), t.align))
        y -= 10 * (lines - 1)
    y -= 5
    rules = [(left, y, left + width)]
    y -= 11
    for row in t.grid(t.rows):
        tall = 1
        for c, (text, anchor) in enumerate(row):
            if anchor:
                parts = wrap(text, edges[c][1] - edges[c][0])
                tall = max(tall, len(parts))
                jobs += [place(c, part, edges, y - 9.5 * i, t.align) for i, part in enumerate(parts) if part]
        y -= 9.5 * tall + 4
    canvas.setFont(name, size)
    if rng.random() < 0.5:
        jobs.sort(key=lambda j: j[0])
    if rng.random() < 0.6:
        for a, b, c in rules + [(left, y + 8, left + width), (left, top + 11, left + width)]:
            canvas.line(a, b, c, b)
    for _, x, at, text, align in jobs:
        {"l": canvas.drawString, "r": canvas.drawRightString, "c": canvas.drawCentredString}[align](x, at, text)
    return y


def place(c, text, edges, y, align):
    a, b = edges[c]
    return (c, {"l": a, "r": b, "c": (a + b) / 2}[align[c]], y, text, align[c])


def wrapped(text, room, name, size):
    lines = [""]
    for word in text.split(" "):
        longer = (lines[-1] + " " + word).strip()
        if lines[-1] and pdfmetrics.stringWidth(longer, name, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def report(case, rng, path):
    """A flowing report with header, footer and two tables."""
    name = font() if rng.random() < 0.5 or not case.client.isascii() else "Helvetica"
    size = rng.choice([A4, letter])
    sheet = getSampleStyleSheet()
    body = ParagraphStyle("text", parent=sheet["BodyText"], fontName=name)
    head = ParagraphStyle("head", parent=sheet["Heading2"], fontName=name)
    story = [Paragraph(escape(case.title), head)]
    story += [Paragraph(escape(text), body) for text in case.paragraphs[:2]]
    story.append(Paragraph("The count rose to 10<super>3</super> cells, and the score was 85<super>1</super> at retest.", body))
    story += [Spacer(1, 8), flowing(case.tables[0], rng, name, size[0] - 144), Spacer(1, 12)]
    story += [Paragraph(escape(text), body) for text in case.paragraphs[2:]]
    story += [Spacer(1, 8), flowing(case.tables[1], rng, name, size[0] - 144), PageBreak(), Paragraph("End of the report.", body)]

    def frame(canvas, _):
        canvas.setFont(name, 8)
        canvas.drawString(72, size[1] - 40, case.header)
        canvas.drawString(72, 36, case.footer)
        canvas.drawRightString(size[0] - 72, 36, f"Page {canvas.getPageNumber()}")

    SimpleDocTemplate(path, pagesize=size, title="x").build(story, onFirstPage=frame, onLaterPages=frame)


def placed(case, rng, path):
    """Strings placed one by one, a form, a note, white text and a page that is a picture."""
    name = font()
    c = Canvas(path, pagesize=letter)
    c.setFont(name, 11)
    c.drawString(60, 740, case.title)
    y = drawn(c, case.tables[0], rng, name, 60, 705, 480)
    c.setFont(name, 9)
    if "א" <= case.right_to_left[0] <= "ת":  # as most programs draw it: letters from left to right as seen
        words, _, number = case.right_to_left.rpartition(" ")
        c.drawRightString(540, y - 20, number + " " + words[::-1])
    c.textAnnotation(case.comment, Rect=(500, 740, 520, 760))
    c.setFillColor(colors.white)
    c.drawString(60, y - 40, case.hidden)
    c.setFillColor(colors.black)
    c.showPage()
    c.setFont(name, 10)
    y = 740
    for label, value in case.fields:
        c.drawString(60, y, label + ":")
        x = 220
        if isinstance(value, str):
            c.acroForm.choice(name=label, value=value, options=[value, "Somebody else"], x=x, y=y - 5, width=120, height=16)
        else:
            for option, ticked in value:
                c.acroForm.checkbox(name=label + option, checked=ticked, x=x, y=y - 3, size=12, buttonStyle="check")
                c.drawString(x + 16, y, option)
                x += 80
        y -= 26
    c.drawString(60, y, "Preferred name:")
    c.acroForm.textfield(name="Preferred name", value="Alex Q.", x=220, y=y - 5, width=200, height=16)
    drawn(c, case.tables[1], rng, name, 60, y - 50, 480)
    c.showPage()
    image = Image.new("L", (600, 800), 255)
    ImageDraw.Draw(image).text((80, 80), "A scanned page", fill=0)
    data = io.BytesIO()
    image.save(data, "PNG")
    data.seek(0)
    c.drawImage(ImageReader(data), 0, 0, letter[0], letter[1])
    c.showPage()
    c.save()
