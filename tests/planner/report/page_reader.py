"""A page as a program reads it: its tables, numbers and ids; broken HTML is an error."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta"}


@dataclass
class Cell:
    text: str = ""
    values: list[float] = field(default_factory=list)


@dataclass
class Table:
    caption: str = ""
    rows: list[dict[str, Cell]] = field(default_factory=list)

    def column(self, name):
        return [row[name].text for row in self.rows]

    def values(self, name):
        """The exact numbers of a column, of the rows that have any."""
        return [row[name].values[0] for row in self.rows if row[name].values]


class PageReader(HTMLParser):
    """Collects what tests ask for, and makes sure that every element is closed in its place."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.tags = []
        self.attributes = []
        self.tables = []
        self.texts = {}
        self.facts = {}
        self._fact = ""
        self._cell = None
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend((tag, name, value) for name, value in attrs)
        names = dict(attrs)
        assert len(names) == len(attrs), f"an attribute of {tag} stands twice"
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr" and "tbody" in self.open:
            self.tables[-1].rows.append({})
        elif tag == "td":
            self._cell = self.tables[-1].rows[-1].setdefault(names["data-column"], Cell())
        elif tag == "dt":
            self._fact = ""
        elif tag == "data":
            value = float(names["value"])
            if self._cell is not None:
                self._cell.values.append(value)
            elif "dd" in self.open:
                self.facts[self._fact] = value

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> stands where <{self.open[-1]}> is open"
        self.open.pop()
        if tag == "td":
            self._cell = None

    def handle_data(self, text):
        if not self.open:
            return
        self.texts.setdefault(self.open[-1], []).append(text)
        if self._cell is not None:
            self._cell.text += text
        elif self.open[-1] == "caption":
            self.tables[-1].caption += text
        elif self.open[-1] == "dt":
            self._fact += text

    def table(self, words):
        """The one table whose caption has these words."""
        (found,) = [table for table in self.tables if words in table.caption]
        return found

    @property
    def words(self):
        """All that is read, without styles."""
        return " ".join(t for tag, ts in self.texts.items() if tag != "style" for t in ts)
