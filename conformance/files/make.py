"""Makes documents with other people's programs, and beside each NAME.json: what the
document says. Usage: make.py DIR COUNT EVERY SEED. EVERY 10 makes every tenth of them;
what a missing program would make is named. EVERY 1 makes all, and a missing program is
an error."""

import json
import os
import random
import shutil
import subprocess
import sys

import openpyxl

import content
import plain
import printed
import sheets
import web
import word

# What LibreOffice makes, from which of our documents.
OFFICE = {
    "libreoffice-pdf": ("docx", "pdf:writer_pdf_Export"), "libreoffice-odt": ("docx", "odt"), "libreoffice-rtf": ("docx", "rtf"),
    "libreoffice-docx": ("html", "docx:MS Word 2007 XML"), "libreoffice-html": ("docx", "html:HTML (StarWriter)"),
    "libreoffice-xlsx": ("xlsx", "xlsx:Calc MS Excel 2007 XML"), "libreoffice-doc": ("docx", "doc"),
}
KINDS = [
    "python-docx-docx", "reportlab-pdf", "openpyxl-xlsx", "chromium-pdf", "libreoffice-pdf", "libreoffice-odt", "libreoffice-rtf",
    "python-csv", "browser-html", "python-eml", "python-vtt", "libreoffice-docx", "libreoffice-html", "libreoffice-xlsx",
    "reportlab-form-pdf", "python-txt", "libreoffice-doc", "python-srt", "python-md",
]


class Maker:
    def __init__(self, out, seed):
        self.out, self.seed, self.told, self.later, self.lists = out, seed, {}, {}, []
        os.environ["SOURCE_DATE_EPOCH"] = "1767225600"  # the same bytes each time, where a program allows it
        self.missing = False
        self.office, self.chromium = shutil.which("soffice"), shutil.which("chromium-headless-shell") or shutil.which("chromium")
        os.makedirs(out + "/source", exist_ok=True)

    def one(self, index):
        kind = KINDS[index % len(KINDS)]
        maker, form = kind.rsplit("-", 1)
        if maker == "libreoffice" and not self.office or maker == "chromium" and not self.chromium:
            return self.without(f"{kind} {index}", maker)
        if maker.startswith("reportlab") and not printed.has_font():
            return self.without(f"{kind} {index}", "the font DejaVu Sans")
        rng = random.Random(f"{self.seed}/{index}")
        case = content.case(rng)
        name = f"{index:03}-{kind}"
        path = f"{self.out}/{name}.{form}"
        told = {"file": os.path.basename(path), "maker": maker, "format": form, "tables": [], "marked": [], "never": [], "fields": [],
                "paragraphs": [], "numbers": [], "turns": [], "unread": [], "encoding": "", "refused": False, "struck": "", "left": [],
                "raised": False}
        make = getattr(self, kind.replace("-", "_"), None) or self.by_office
        make(case, rng, path, told)
        told["paragraphs"] = [" ".join(p.split()) for p in told["paragraphs"]]
        self.told[name] = told

    def without(self, what, tool):
        print(f"not judged: {what}: {tool} is not installed")
        self.missing = True

    def document(self, case, told):
        """What every whole document says."""
        told["tables"] = [t.expected() for t in case.tables]
        told["paragraphs"] = [case.title] + case.paragraphs
        told["raised"] = told["format"] not in ("md", "doc")

    def python_docx_docx(self, case, rng, path, told, simple=False, final=False):
        word.write(case, rng, path, simple, final)
        self.document(case, told)
        told["paragraphs"].append(case.right_to_left)
        told["marked"] = [{"kind": "header", "text": case.header}, {"kind": "footer", "text": case.footer},
                          {"kind": "footnote", "text": case.footnote}]
        if not final:
            told["never"], told["struck"], told["left"] = [case.deleted, case.hidden], case.struck, ["deleted", "hidden"]
        self.lists.append((f"{self.out}/{told['file']}", told, case.goals))
        if not simple:
            told["marked"].append({"kind": "comment", "text": case.comment, "author": case.author})
            told["fields"], told["never"] = fields(case), told["never"] + ["Click or tap"]

    def by_office(self, case, rng, path, told):
        source, target = OFFICE[f"{told['maker']}-{told['format']}"]
        base = f"{self.out}/source/{os.path.basename(path).rsplit('.', 1)[0]}.{source}"
        if source == "docx":
            self.python_docx_docx(case, rng, base, told, simple=True, final=told["format"] in ("pdf", "html"))
        elif source == "html":
            self.browser_html(case, rng, base, told)
            told["fields"], told["left"] = [], []  # LibreOffice makes other controls of them
            told["never"] = [case.deleted]  # and shows what CSS hides
        else:
            told["tables"] = sheets.write(case, rng, base, computed=True)
            told["paragraphs"] = [case.title]
        if told["format"] == "doc":
            told["refused"] = True
            self.lists.pop()
        self.later.setdefault(target, []).append((base, path))

    def reportlab_pdf(self, case, rng, path, told):
        printed.report(case, rng, path)
        self.document(case, told)
        told["marked"] = [{"kind": "header", "text": case.header}, {"kind": "footer", "text": case.footer}]

    def reportlab_form_pdf(self, case, rng, path, told):
        case.tables = [content.TABLES[i](rng) for i in rng.sample([0, 1, 3, 4], 2)]
        printed.placed(case, rng, path)
        told["tables"] = [t.expected() for t in case.tables]
        told["paragraphs"] = [case.title]
        if "א" <= case.right_to_left[0] <= "ת":
            told["paragraphs"].append(case.right_to_left)
        told["marked"] = [{"kind": "comment", "text": case.comment}]
        told["never"], told["left"] = [case.hidden], ["white"]
        told["fields"] = fields(case) + ["Preferred name: Alex Q."]
        told["unread"] = ["page 3"]

    def openpyxl_xlsx(self, case, rng, path, told):
        told["tables"] = sheets.write(case, rng, path)
        told["paragraphs"] = [case.title]
        told["never"], told["left"] = [case.deleted, case.hidden], ["hidden"]
        if case.comment:
            told["marked"] = [{"kind": "comment", "text": case.comment, "author": case.author}]

    def chromium_pdf(self, case, rng, path, told):
        source = f"{self.out}/source/{os.path.basename(path)}.html"
        with open(source, "w", encoding="utf-8") as out:
            out.write(web.page(case, rng, True))
        web.printer(self.chromium, os.path.abspath(source), path)
        self.document(case, told)
        told["paragraphs"].append(case.right_to_left)
        told["never"] = [case.hidden]
        self.lists.append((path, told, case.goals))

    def browser_html(self, case, rng, path, told):
        web.write(case, rng, path)
        self.document(case, told)
        told["paragraphs"].append(case.right_to_left)
        told["left"] = ["hidden"]
        told["never"], told["struck"], told["fields"] = [case.hidden, case.deleted], case.struck, fields(case)
        self.lists.append((f"{self.out}/{told['file']}", told, case.goals))

    def python_csv(self, case, rng, path, told):
        told["tables"], told["encoding"] = plain.csv_file(case, rng, path)

    def python_txt(self, case, rng, path, told):
        told["encoding"] = plain.note(case, rng, path)
        told["paragraphs"] = [case.title] + case.paragraphs

    def python_md(self, case, rng, path, told):
        numbers = plain.markdown(case, rng, path)
        told["numbers"] = [{"number": n, "text": text} for n, text in numbers]
        self.document(case, told)
        told["struck"], told["marked"] = case.struck, [{"kind": "footnote", "text": case.footnote}]

    def python_vtt(self, case, rng, path, told):
        told["turns"] = plain.transcript(case, rng, path)
        told["never"] = [case.deleted]

    def python_srt(self, case, rng, path, told):
        told["turns"] = plain.transcript(case, rng, path)

    def python_eml(self, case, rng, path, told):
        head, names = plain.mail(case, rng, path)
        told["fields"] = list(head.values())[:3]
        told["paragraphs"] = case.paragraphs
        told["unread"] = ["attachment"] if names else []
        told["attachments"] = names

    def finish(self):
        """Lets LibreOffice convert everything of one kind at once, then asks the judges."""
        if self.office:
            for target, pairs in self.later.items():
                self.convert([base for base, _ in pairs], target)
                for base, path in pairs:
                    made = f"{self.out}/source/made/{os.path.basename(base).rsplit('.', 1)[0]}.{target.split(':')[0]}"
                    os.replace(made, path)
        self.numbers()
        for name, told in self.told.items():
            judge = {"pdf": "pdftotext", "docx": "pandoc", "odt": "pandoc", "rtf": "pandoc", "html": "pandoc", "md": "pandoc"}.get(told["format"])
            if judge and not shutil.which(judge):
                self.without(f"words of {told['file']}", judge)
            words = judge_words(f"{self.out}/{told['file']}", told)
            told["judge"] = words[0]
            with open(f"{self.out}/{name}.json", "w", encoding="utf-8") as out:
                json.dump(told, out, ensure_ascii=False, indent=1)
            with open(f"{self.out}/{name}.judge", "w", encoding="utf-8") as out:
                out.write(words[1])

    def convert(self, sources, target):
        profile = "-env:UserInstallation=file://" + os.path.abspath(self.out + "/source/profile")
        filters = ["--infilter=HTML (StarWriter)"] if all(s.endswith(".html") for s in sources) else []
        subprocess.run([self.office, profile, "--headless", *filters, "--convert-to", target, "--outdir", self.out + "/source/made",
                        *sources], check=True, capture_output=True, timeout=600)

    def numbers(self):
        """The list numbers that LibreOffice shows; of pages and prints, that Chromium does."""
        office = [path for path, _, _ in self.lists if path.rsplit(".", 1)[1] in ("docx", "odt", "rtf")]
        if office and self.office:
            self.convert(office, "txt:Text (encoded):UTF8")
        for path, told, goals in self.lists:
            base, form = os.path.basename(path).rsplit(".", 1)
            if form in ("docx", "odt", "rtf") and not self.office or form == "html" and not self.chromium or \
                    form in ("pdf", "html") and not shutil.which("pdftotext"):
                self.without(f"list numbers of {told['file']}", {"pdf": "pdftotext", "html": "chromium or pdftotext"}.get(form, "libreoffice"))
                continue
            if form == "html":
                web.printer(self.chromium, os.path.abspath(path), f"{self.out}/source/{base}.printed.pdf")
                path = f"{self.out}/source/{base}.printed.pdf"
            if form in ("pdf", "html"):
                shown = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True).stdout.decode()
            else:
                shown = open(f"{self.out}/source/made/{base}.txt", encoding="utf-8-sig").read()
            lines = [" ".join(line.split()) for line in shown.split("\n")]
            for _, text in goals:
                before = [line[:-len(text)].strip() for line in lines if line.endswith(text)]
                if len(before) != 1:
                    raise ValueError(f"{path}: {text!r} stands there {len(before)} times")
                told["numbers"].append({"number": before[0], "text": text})


def fields(case):
    """Each as "Self-harm ever: [x] Yes [ ] No"."""
    out = []
    for label, value in case.fields:
        if not isinstance(value, str):
            value = " ".join(f"[{'x' if ticked else ' '}] {option}".strip() for option, ticked in value)
        out.append(f"{label}: {value}")
    return out


def judge_words(path, told):
    """The file's words as an independent reader sees them: its name, and the text."""
    form = told["format"]
    pandoc, poppler = shutil.which("pandoc"), shutil.which("pdftotext")
    run = lambda *args: subprocess.run(args, check=True, capture_output=True, timeout=120).stdout.decode()
    if told["refused"]:
        return "", ""
    if form == "pdf" and poppler:
        return "pdftotext", without_edges(run("pdftotext", "-layout", "-enc", "UTF-8", path, "-"), told)
    if form in ("docx", "odt", "rtf", "html", "md") and pandoc:
        data = open(path, "rb").read()
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            data = data.decode("utf-16").encode()
        source = {"md": "gfm+footnotes", "html": "html"}.get(form, form)
        args = ["pandoc", "-f", source, "-t", "plain", "--wrap=none", "--columns=500"]
        done = subprocess.run(args, input=data, check=True, capture_output=True, timeout=120)
        return "pandoc", done.stdout.decode()
    if form == "xlsx":
        book = openpyxl.load_workbook(path, data_only=True)
        return "openpyxl", "\n".join(str(cell.value) for sheet in book if sheet.sheet_state == "visible"
                                     for row in sheet for cell in row
                                     if isinstance(cell.value, (str, int)) and not sheet.row_dimensions[cell.row].hidden)
    return "generator", "\n".join(told["paragraphs"] + [t["speaker"] + " " + t["text"] for t in told["turns"]])


def without_edges(text, told):
    """The text without the lines that stand on every page: they are read once."""
    edges = [m["text"] for m in told["marked"] if m["kind"] in ("header", "footer")]
    for edge in edges:
        first, _, rest = text.partition(edge)
        text = first + edge + rest.replace(edge, "")
    return text


def main():
    out, count, every, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    os.makedirs(out, exist_ok=True)
    maker = Maker(out, seed)
    for index in range(0, count, every):
        maker.one(index)
    maker.finish()
    print(f"{len(maker.told)} files in {out}")
    sys.exit(1 if maker.missing and every == 1 else 0)


main()
