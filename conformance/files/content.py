"""Invented clinical content. Everything comes from one random.Random, so a seed gives
the same document again."""

from dataclasses import dataclass, field

FIRST = "Marlow Ines Tobias Odette Kwame Sunniva Aurelio Bronagh Zdeněk Maëlle Jörn Ximena".split()
LAST = [
    "Ashby", "Okafor", "Thibodeaux", "Vandersteen", "O’Riordan", "Szczepański", "Grünwald",
    "Fitzgerald-Montmorency", "de la Fontaine Beauregard", "Lindqvist",
]
HEBREW = ["נועה כהן", "איתן לוי", "תמר מזרחי"]
ARABIC = ["سلمى حداد", "يوسف منصور", "ليلى خوري"]
SCALES = [
    "Hyperactivity", "Aggression", "Anxiety", "Depression", "Somatization", "Attention Problems",
    "Atypicality", "Withdrawal", "Conduct Problems", "Adaptability", "Social Skills", "Leadership",
    "Activities of Daily Living", "Functional Communication", "Developmental Social Disorders",
    "Emotional Self-Control and Regulation of Affect",
]
INDICES = [
    ("Verbal Comprehension", "VCI"), ("Visual Spatial", "VSI"), ("Fluid Reasoning", "FRI"),
    ("Working Memory", "WMI"), ("Processing Speed", "PSI"), ("Full Scale IQ", "FSIQ"),
    ("Nonverbal Index Without Timed Tasks", "NVI"), ("General Ability", "GAI"),
]
SUBTESTS = [
    ("Verbal Comprehension", ["Similarities", "Vocabulary", "(Information)"]),
    ("Visual Spatial", ["Block Design", "Visual Puzzles"]),
    ("Fluid Reasoning", ["Matrix Reasoning", "Figure Weights", "(Picture Concepts)"]),
    ("Working Memory", ["Digit Span", "Picture Span"]),
    ("Processing Speed", ["Coding", "Symbol Search", "(Cancellation)"]),
]
DRUGS = ["Sertraline", "Methylphenidate ER", "Guanfacine", "Melatonin", "Fluoxetine", "Lamotrigine"]
QUALITY = ["Very Low", "Low Average", "Average", "High Average", "Clinically Significant", "At-Risk"]
WHO = ["The mother", "The father", "His teacher", "The school nurse", "Her grandmother", "The client"]
DID = ["reports", "denies", "describes", "mentions again", "recalls", "worries about"]
WHAT = [
    "difficulty falling asleep", "two fights at recess", "a panic attack on the bus", "headaches before school",
    "skipping meals", "a loss of interest in drawing", "thoughts of running away", "better concentration",
    "nightmares about the accident", "conflict over homework",
]
WHEN = [
    "since the move in March", "about three times a week", "for < 5 months", "“almost daily”",
    "on weekends only", "after visits with the stepfather", "for the past 12 weeks – not before",
]
GOALS = [
    "practise paced breathing", "keep a sleep diary", "call the school counsellor", "write a letter to the uncle",
    "list three safe people", "walk after dinner", "review the safety plan", "reduce screen time",
    "name feelings aloud", "schedule the hearing test", "ask for extra time", "prepare the family session",
]
HOW = ["with the mother", "before bedtime", "twice a week", "at school", "until the next visit", "in the morning"]
INFORMANTS = ["Mother", "Father", "Teacher", "Self-Report"]


@dataclass
class Cell:
    text: str
    across: int = 1
    down: int = 1


@dataclass
class Table:
    name: str
    header: list  # rows of Cell
    rows: list  # rows of Cell; a cell covered from above or from the left is left out
    align: str  # one letter a column: l, r, c
    widths: list  # relative widths of the columns

    def grid(self, rows):
        """Rows as columns wide as the table: (text, anchor?) for each place."""
        columns, out, below = len(self.align), [], {}
        for at, row in enumerate(rows):
            line, cells = [None] * columns, iter(row)
            for c in range(columns):
                if (at, c) in below:
                    line[c] = (below[at, c], False)
                elif line[c] is None:
                    cell = next(cells)
                    for right in range(cell.across):
                        line[c + right] = (cell.text, right == 0)
                        for down in range(1, cell.down):
                            below[at + down, c + right] = cell.text
            out.append(line)
        return out

    def labels(self):
        """The joined header of each column."""
        out = []
        for column in zip(*self.grid(self.header)):
            parts = []
            for text, _ in column:
                if text and text not in parts:
                    parts.append(text)
            out.append(" ".join(parts))
        return out

    def expected(self):
        rows = [[{"text": t, "merged": not anchor} for t, anchor in line] for line in self.grid(self.rows)]
        return {"name": self.name, "header": self.labels(), "rows": rows}


@dataclass
class Case:
    client: str
    title: str
    header: str
    footer: str
    paragraphs: list
    tables: list
    goals: list  # (level, text)
    styles: list  # for each level: (format, pattern, start)
    footnote: str
    comment: str
    author: str
    fields: list  # (label, [(option, ticked)] or str)
    right_to_left: str
    struck: str
    deleted: str
    hidden: str
    used: set = field(default_factory=set)


def pick(rng, used, *lists):
    """A new sentence of one word of each list."""
    for _ in range(500):
        text = " ".join(rng.choice(words) for words in lists)
        if text not in used:
            used.add(text)
            return text
    raise ValueError("too few sentences")


def plain(texts):
    return [Cell(t) for t in texts]


def ratings(rng):
    """Scores of several informants under a header of two lines, many blank."""
    people = rng.sample(INFORMANTS, rng.choice([2, 3]))
    header = [[Cell("Scale", down=2)] + [Cell(p, across=2) for p in people], plain(["T", "%ile"] * len(people))]
    rows = []
    for scale in rng.sample(SCALES, rng.randint(6, 11)):
        row = [Cell(scale)]
        for _ in people:
            t = rng.randint(35, 85)
            mark = "**" if t >= 70 else "*" if t >= 60 else ""
            row += plain(["", ""] if rng.random() < 0.25 else [f"{t}{mark}", str(rng.randint(2, 99))])
        rows.append(row)
    n = 2 * len(people)
    return Table("ratings", header, rows, "l" + "r" * n, [5] + [1.6] * n)


def indices(rng):
    """One line of long headers, which wrap; blanks; two names that look like one."""
    header = [plain(["Composite", "", "Sum of Scaled Scores", "Composite Score", "Percentile Rank",
                     "95% Confidence Interval", "Qualitative Description"])]
    rows = []
    for name, short in rng.sample(INDICES, rng.randint(4, 7)):
        score = rng.randint(69, 131)
        total = "" if rng.random() < 0.3 else str(rng.randint(12, 70))
        rank = rng.choice(["<0.1", "0.3", "6", "27", "50", "84", "99.9"])
        quality = "" if rng.random() < 0.15 else rng.choice(QUALITY)
        rows.append(plain([name, short, total, str(score), rank, f"{score - 6}–{score + 6}", quality]))
    return Table("indices", header, rows, "lcrrrcl", [3.2, 1.2, 1.6, 1.8, 1.8, 2, 2.4])


def subtests(rng):
    """Names that span several rows, and raw scores that may be blank."""
    header = [plain(["Index", "Subtest", "Raw Score", "Scaled Score", "Age Equivalent"])]
    rows = []
    for name, tests in rng.sample(SUBTESTS, rng.randint(3, 5)):
        for i, test in enumerate(tests):
            raw = "" if rng.random() < 0.25 else str(rng.randint(4, 60))
            age = "" if rng.random() < 0.35 else f"{rng.randint(5, 16)}:{rng.randint(0, 11):02}"
            row = plain([test, raw, str(rng.randint(1, 19)), age])
            rows.append([Cell(name, down=len(tests))] + row if i == 0 else row)
    return Table("subtests", header, rows, "llrrr", [3, 3, 1.5, 1.5, 1.8])


def drugs(rng):
    """Cells of words, which wrap."""
    header = [plain(["Medication", "Dose", "Started", "Ended", "Effect and Side Effects"])]
    rows = []
    for name in rng.sample(DRUGS, rng.randint(3, 5)):
        day = f"{rng.randint(2023, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        ended = "" if rng.random() < 0.5 else f"2026-{rng.randint(1, 9):02}-03"
        note = "" if rng.random() < 0.25 else f"{rng.choice(WHO)} {rng.choice(DID)} {rng.choice(WHAT)} {rng.choice(WHEN)}"
        rows.append(plain([name, f"{rng.choice([2.5, 10, 36, 50])} mg", day, ended, note]))
    return Table("drugs", header, rows, "lrlll", [2.4, 1.3, 1.7, 1.7, 5])


def visits(rng):
    """Dates and amounts; a column that is nearly empty."""
    header = [plain(["Date", "Clinician", "Code", "Minutes", "Missed", "Fee"])]
    rows = []
    for i in range(rng.randint(5, 9)):
        name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        rows.append(plain([f"0{i + 1}/0{rng.randint(1, 9)}/2026", name, rng.choice(["90834", "90837", "96130"]),
                           "" if rng.random() < 0.2 else str(rng.choice([38, 45, 53])),
                           "x" if rng.random() < 0.2 else "", f"{rng.choice([95, 120, 1140])}.50"]))
    return Table("visits", header, rows, "llrrcr", [2, 4.4, 1.3, 1.4, 1.3, 1.5])


TABLES = [ratings, indices, subtests, drugs, visits]
STYLES = [
    [("decimal", "%1.", 1), ("lowerLetter", "%2)", 1), ("lowerRoman", "%3.", 1)],
    [("upperRoman", "%1.", 1), ("lowerLetter", "%2)", 1), ("decimal", "(%3)", 1)],
    [("decimal", "%1.", 1), ("decimal", "%1.%2.", 1), ("decimal", "%1.%2.%3.", 1)],
    [("upperLetter", "%1.", 1), ("decimal", "%2.", 3), ("lowerLetter", "%3)", 1)],
    [("decimal", "Goal %1:", 2), ("lowerRoman", "%2)", 1), ("bullet", "•", 1)],
]


def case(rng):
    used = set()
    client = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    word = lambda stem: stem + "".join(rng.choice("bcdfgklmnprstv") + rng.choice("aeiou") for _ in range(3))
    goals, level = [(0, pick(rng, used, GOALS, HOW))], 0
    for _ in range(rng.randint(7, 12)):
        level = rng.choice([l for l in (0, 1, 1, 2) if l <= level + 1])
        goals.append((level, pick(rng, used, GOALS, HOW)))
    informants = ["Mother", "Father", "Grandmother", "Teacher"]
    ticked = rng.random() < 0.5
    rtl = rng.choice([HEBREW, ARABIC])
    return Case(
        client=client,
        title=f"{rng.choice(['Psychological Evaluation', 'Progress Note', 'Intake Summary'])} of {client}",
        header=f"Riverbend Practice · confidential · case {rng.randint(1000, 9999)}",
        footer=f"Not to be copied without consent {word('F')}",
        paragraphs=[". ".join(pick(rng, used, WHO, DID, WHAT, WHEN) for _ in range(rng.randint(1, 4))) + "."
                    for _ in range(rng.randint(4, 7))],
        tables=[make(rng) for make in rng.sample(TABLES, 2)],
        goals=goals,
        styles=rng.choice(STYLES),
        footnote=f"{rng.choice(WHO)} disagrees with this statement {word('N')}",
        comment=f"Please verify with the school {word('K')}",
        author=f"{rng.choice(FIRST)} Reviewer",
        fields=[("Self-harm ever", [("Yes", ticked), ("No", not ticked)]),
                ("Informant", rng.choice(informants)), ("Medication taken today", [("", rng.random() < 0.5)])],
        right_to_left=f"{rng.choice(rtl)} {rng.randint(2, 17)}",
        struck=word("Stru"), deleted=word("Dele"), hidden=word("Hidd"),
    )
