"""Documents of Word, written by python-docx."""

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches

W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


def xml(text):
    return parse_xml(text.replace("@", nsdecls("w") + " " + W14, 1))


def numbering(document, styles, number):
    """A list of its own: its num id."""
    element = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{720 * (i + 1)}" w:hanging="540"/></w:pPr></w:lvl>'
        for i, (form, pattern, start) in enumerate(styles))
    abstract = xml(f'<w:abstractNum @ w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>')
    element.insert(list(element).index(element.find(qn("w:num"))), abstract)
    element.append(xml(f'<w:num @ w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))
    return number


def numbered(document, text, number, level):
    p = document.add_paragraph(text)
    p._p.get_or_add_pPr().append(xml(
        f'<w:numPr @><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'))
    return p


def heading_numbers(document, number):
    """Numbers on the headings, by their style."""
    numbering(document, [("decimal", "%1", 1), ("decimal", "%1.%2", 1)], number)
    style = document.styles["Heading 2"]
    style.element.get_or_add_pPr().append(xml(f'<w:numPr @><w:numId w:val="{number}"/></w:numPr>'))


def table(document, rng, t):
    rows = t.header + t.rows
    columns = len(t.align)
    out = document.add_table(len(rows), columns)
    out.style = document.styles["Table Grid"] if rng.random() < 0.7 else out.style
    out.autofit = False
    for c, width in enumerate(t.widths):
        out.columns[c].width = Inches(6.2 * width / sum(t.widths))
        for cell in out.columns[c].cells:
            cell.width = out.columns[c].width
    covered = set()
    for r, row in enumerate(rows):
        cells = iter(row)
        for c in range(columns):
            if (r, c) in covered:
                continue
            cell = next(cells)
            place = out.cell(r, c)
            if cell.across > 1 or cell.down > 1:
                place = place.merge(out.cell(r + cell.down - 1, c + cell.across - 1))
                covered |= {(r + i, c + j) for i in range(cell.down) for j in range(cell.across)}
            place.text = cell.text
            if t.align[c] == "r" and r >= len(t.header):
                place.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for r in range(len(t.header)):
        out.rows[r]._tr.get_or_add_trPr().append(xml("<w:tblHeader @/>"))
    for r in range(len(t.header), len(rows)):
        skip(out.rows[r]._tr, rng)


def skip(row, rng):
    """Leaves blank cells at the end of a row out of the grid, as Word does."""
    cells = row.findall(qn("w:tc"))
    last = cells[-1]
    plain = not any(c.find(".//" + qn("w:vMerge")) is not None or c.find(".//" + qn("w:gridSpan")) is not None for c in cells)
    if plain and not "".join(last.itertext()) and rng.random() < 0.4:
        row.remove(last)
        row.get_or_add_trPr().insert(0, xml('<w:gridAfter @ w:val="1"/>'))


def footnote(document, paragraph, text):
    blob = (f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes {nsdecls("w")}>'
            '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
            '<w:footnote w:type="continuationSeparator" w:id="1"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
            f'<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:footnote>'
            "</w:footnotes>")
    part = Part(PackURI("/word/footnotes.xml"), NOTES, blob.encode(), document.part.package)
    document.part.relate_to(part, RT.FOOTNOTES)
    paragraph._p.append(xml('<w:r @><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="2"/></w:r>'))


def box(ticked):
    return (f'<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="{int(ticked)}"/></w14:checkbox></w:sdtPr><w:sdtContent>'
            f'<w:r><w:t>{"☒" if ticked else "☐"}</w:t></w:r></w:sdtContent></w:sdt>')


def fields(document, case):
    for label, value in case.fields:
        p = document.add_paragraph(label + ": ")
        if isinstance(value, str):
            p._p.append(xml(f'<w:sdt @><w:sdtPr><w:dropDownList><w:listItem w:displayText="{value}" w:value="1"/>'
                            '<w:listItem w:displayText="Somebody else" w:value="2"/></w:dropDownList></w:sdtPr>'
                            f"<w:sdtContent><w:r><w:t>{value}</w:t></w:r></w:sdtContent></w:sdt>"))
            continue
        for option, ticked in value:
            whole = xml(f"<w:p @>{box(ticked)}<w:r><w:t xml:space=\"preserve\"> {option} </w:t></w:r></w:p>")
            for part in list(whole):
                p._p.append(part)
    p = document.add_paragraph("Preferred name: ")
    p._p.append(xml("<w:sdt @><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r>"
                    "<w:t>Click or tap here to enter text.</w:t></w:r></w:sdtContent></w:sdt>"))


def write(case, rng, path, simple, final):
    """simple leaves out what LibreOffice makes something else of: form controls and
    comments. final leaves out what is deleted, struck or hidden."""
    d = docx.Document()
    section = d.sections[0]
    section.header.paragraphs[0].text = case.header
    section.footer.paragraphs[0].text = case.footer
    if numbers := rng.random() < 0.4:
        heading_numbers(d, 90)
    d.add_heading(case.title, 0)
    d.add_heading("Background", 2)
    p = d.add_paragraph(case.paragraphs[0])
    footnote(d, p, case.footnote)
    p.add_run(" Seen again.")
    p = d.add_paragraph("The count rose to 10")
    p.add_run("3").font.superscript = True
    p.add_run(" cells, and the score was 85")
    p.add_run("1").font.superscript = True
    p.add_run(" at retest.")
    table(d, rng, case.tables[0])
    d.add_heading("Goals", 2)
    number = numbering(d, case.styles, 91)
    for at, (level, text) in enumerate(case.goals):
        numbered(d, text, number, level)
        if at == len(case.goals) // 2:
            d.add_paragraph(case.paragraphs[1])
    p = d.add_paragraph("")
    p.add_run(case.paragraphs[2])
    if not simple:
        d.add_comment(p.runs[0], case.comment, author=case.author, initials="R")
    p = d.add_paragraph("He takes ")
    if not final:
        p._p.append(xml(f'<w:del @ w:id="901" w:author="R"><w:r><w:delText>{case.deleted}</w:delText></w:r></w:del>'))
        p.add_run(case.hidden).font.hidden = True
        p.add_run(case.struck).font.strike = True
    p.add_run(" no medication now.")
    d.add_heading("Results", 2)
    table(d, rng, case.tables[1])
    if not simple:
        fields(d, case)
    p = d.add_paragraph(case.right_to_left)
    p._p.get_or_add_pPr().append(xml("<w:bidi @/>"))
    for text in case.paragraphs[3:]:
        d.add_paragraph(text)
    d.save(path)
    return {"headings": numbers}
