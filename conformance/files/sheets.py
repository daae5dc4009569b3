"""Workbooks, written by openpyxl."""

import datetime

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter


def number(text):
    """The text as a number, if a spreadsheet shows it in the same way."""
    try:
        value = int(text)
    except ValueError:
        return text
    return value if str(value) == text else text


def put(sheet, t, top, left):
    """A table of the case from this cell; scores are numbers."""
    covered = set()
    for r, row in enumerate(t.header + t.rows):
        cells = iter(row)
        for c in range(len(t.align)):
            if (r, c) in covered:
                continue
            cell = next(cells)
            covered |= {(r + i, c + j) for i in range(cell.down) for j in range(cell.across)}
            at = sheet.cell(top + r, left + c)
            if cell.text:
                at.value = number(cell.text)
            if r < len(t.header):
                at.font = Font(bold=True)
            at.alignment = Alignment(wrap_text=True)
            if cell.across > 1 or cell.down > 1:
                sheet.merge_cells(start_row=top + r, start_column=left + c,
                                  end_row=top + r + cell.down - 1, end_column=left + c + cell.across - 1)


def progress(rng, computed):
    """A table of shown values: dates, percentages, decimals, and formulas if a program
    computes them later. Returns what to write and what is shown."""
    rows = []
    for i in range(rng.randint(4, 8)):
        day = datetime.date(2026, rng.randint(1, 12), rng.randint(1, 28))
        form, shown = rng.choice([("yyyy-mm-dd", day.strftime("%Y-%m-%d")), ("dd/mm/yyyy", day.strftime("%d/%m/%Y"))])
        share, decimal = rng.randint(1, 99), rng.randint(100, 9999)
        score = rng.randint(3, 27)
        row = [((day, form), shown), ((score, "General"), str(score)), ((share / 100, "0%"), f"{share}%"),
               ((decimal / 100, "0.00"), f"{decimal / 100:.2f}")]
        if rng.random() < 0.25:
            row[rng.randint(1, 3)] = (None, "")
        if computed:
            value = row[1][0][0] if row[1][0] else 0
            row.append(((f"=B{i + 4}*2", "General"), str(value * 2)))
        rows.append(row)
    return ["Date", "PHQ-9", "Attendance", "Mean Mood"] + (["Doubled"] if computed else []), rows


def write(case, rng, path, computed=False):
    """Returns the tables as shown: name, header, rows, and whether rows are merged."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Scores"
    sheet["A1"] = case.title
    top, left = rng.choice([(3, 1), (4, 2)])
    put(sheet, case.tables[0], top, left)
    tables = [case.tables[0].expected()]
    if rng.random() < 0.5:
        sheet.cell(1, 1).comment = Comment(case.comment, case.author)
    else:
        case.comment = ""
    second = book.create_sheet("Progress 2026")
    second["A1"] = case.paragraphs[0]
    header, rows = progress(rng, computed)
    for c, text in enumerate(header):
        second.cell(3, c + 1).value = text
    for r, row in enumerate(rows):
        for c, (value, _) in enumerate(row):
            if value is not None:
                second.cell(r + 4, c + 1).value, second.cell(r + 4, c + 1).number_format = value
    tables.append({"name": "progress", "header": header,
                   "rows": [[{"text": shown, "merged": False} for _, shown in row] for row in rows]})
    third = book.create_sheet("Notes")
    put(third, case.tables[1], 1, 1)
    tables.append(case.tables[1].expected())
    after = len(case.tables[1].header + case.tables[1].rows) + 3
    third.cell(after, 1).value = case.hidden
    third.row_dimensions[after].hidden = True
    for i, width in enumerate(case.tables[0].widths):
        sheet.column_dimensions[get_column_letter(left + i)].width = width * 6
    secret = book.create_sheet("Old")
    secret["A1"] = case.deleted
    secret.sheet_state = "hidden"
    book.save(path)
    return tables
