"""Reads an architecture: shapes between the parts, sizes in them, and how many parameters each part has."""

from __future__ import annotations

import re
from typing import Any

from redo.page import Ledger, Numeral, Text, caption

PAPER = {"layers": 6, "heads": 8, "kv_heads": 8, "d_model": 512, "d_ff": 2048, "vocabulary": 37_000, "context": 512}
PLAIN = {
    "model": "encoder", "norm": "post", "norm_type": "layernorm", "positions": "sinusoidal", "activation": "relu",
    "experts": 1, "active_experts": 1, "bias": "feed-forward", "tied": True, "embedding_norm": False, "segments": 0,
    "pooler": False,
}  # fmt: skip
# The published configurations: the 2017 paper, and the config.json of each released checkpoint.
PUBLISHED: dict[str, dict[str, Any]] = {
    "transformer-base": {"model": "encoder-decoder"},
    "transformer-big": {"model": "encoder-decoder", "heads": 16, "kv_heads": 16, "d_model": 1024, "d_ff": 4096},
    "bert-base": {
        "layers": 12, "heads": 12, "kv_heads": 12, "d_model": 768, "d_ff": 3072, "vocabulary": 30_522, "bias": "all",
        "activation": "gelu", "positions": "learned", "embedding_norm": True, "segments": 2, "pooler": True,
    },
    "gpt-2": {
        "model": "decoder-only", "layers": 12, "heads": 12, "kv_heads": 12, "d_model": 768, "d_ff": 3072, "bias": "all",
        "vocabulary": 50_257, "norm": "pre", "activation": "gelu", "positions": "learned", "context": 1024,
    },
    "llama-2-7b": {
        "model": "decoder-only", "layers": 32, "heads": 32, "kv_heads": 32, "d_model": 4096, "d_ff": 11_008,
        "vocabulary": 32_000, "norm": "pre", "norm_type": "rmsnorm", "activation": "swiglu", "positions": "rotary",
        "bias": "none", "tied": False,
    },
    "mixtral-8x7b": {
        "model": "decoder-only", "layers": 32, "heads": 32, "kv_heads": 8, "d_model": 4096, "d_ff": 14_336,
        "vocabulary": 32_000, "norm": "pre", "norm_type": "rmsnorm", "activation": "swiglu", "positions": "rotary",
        "experts": 8, "active_experts": 2, "bias": "none", "tied": False,
    },
}  # fmt: skip


Config = dict[str, Any]


def config_of(options: dict[str, Any]) -> Config:
    """What the block and the published configurations say of a model."""
    preset = options.get("preset")
    base = {**PLAIN, **PAPER, **PUBLISHED.get(preset or "", {})}
    own = {name: value for name, value in options.items() if name in base}
    if own.get("model", base["model"]) != "encoder":
        base |= {"segments": 0, "pooler": False}
    d_head = base["d_model"] // base["heads"]
    if preset and "d_model" in own and own["d_model"] % d_head == 0:
        own.setdefault("heads", own["d_model"] // d_head)  # The size of a head stays.
    if "heads" in own and base["kv_heads"] == base["heads"]:
        own.setdefault("kv_heads", own["heads"])
    if "d_model" in own and base["d_ff"] == 4 * base["d_model"]:
        own.setdefault("d_ff", 4 * own["d_model"])
    if "experts" in own:
        own.setdefault("active_experts", min(own["experts"], max(base["active_experts"], 2)))
    return base | own


class Counts:
    """Every weight matrix d_in x d_out, with the biases and gains that the text names."""

    def __init__(self, config: Config, said: str) -> None:
        c = self.config = config
        d, ff = c["d_model"], c["d_ff"]
        narrow = c["kv_heads"] * (d // c["heads"])
        every = "biases of all linear layers" in said
        inner = every or "biases in the feed-forward" in said
        self.norm = d * (2 if "a gain and a bias" in said else 1)
        self.embeddings = c["vocabulary"] * d
        self.positions = c["context"] * d if c["positions"] == "learned" else 0
        self.segments = c["segments"] * d
        self.attention = 2 * d * d + 2 * d * narrow + (2 * d + 2 * narrow if every else 0)
        gates = 2 if c["activation"] in ("reglu", "geglu", "swiglu") else 1
        self.network = (gates + 1) * d * ff + (gates * ff + d if inner else 0)
        several = c["experts"] > 1
        self.feed_forward = c["experts"] * self.network + (d * c["experts"] if several else 0)
        self.output = 0 if c["tied"] or c["model"] == "encoder" else self.embeddings
        self.pooler = (d * d + (d if every else 0)) if c["pooler"] else 0
        twice = 2 if c["model"] == "encoder-decoder" else 1
        self.stacks = twice
        total = (1 if c["tied"] else twice) * self.embeddings + twice * self.positions + self.segments
        total += self.norm * twice if c["embedding_norm"] else 0
        total += c["layers"] * (self.layer(1) + (self.layer(2) if twice == 2 else 0))
        total += self.norm * twice if c["norm"] == "pre" else 0
        self.total = total + self.output + self.pooler
        self.active = self.total - twice * c["layers"] * (c["experts"] - c["active_experts"]) * self.network

    def layer(self, attentions: int) -> int:
        return int(attentions * self.attention + self.feed_forward + (attentions + 1) * self.norm)


TITLES = (
    ("Token", "embeddings"), ("Positional", "positions"), ("Segment", "segments"), ("LayerNorm", "norm"),
    ("RMSNorm", "norm"), ("Add &", "norm"), ("Feed-Forward", "feed_forward"), ("Mixture", "feed_forward"),
    ("Attention", "attention"), ("Multi-Head", "attention"), ("Query", "attention"), ("Masked", "attention"),
    ("Self-", "attention"), ("Cross-", "attention"), ("Softmax", "output"), ("Linear", "output"), ("Pooler", "pooler"),
)  # fmt: skip


class Reader:
    def __init__(self, options: dict[str, Any], ledger: Ledger) -> None:
        self.options, self.ledger = options, ledger
        self.config = config_of(options)
        self.whole = ledger.joined(ledger.line(row) for row in range(len(ledger.lines)))
        counted = re.search(r"Counted: (.*?) of each norm", self.whole.text)
        self.counts = Counts(self.config, counted[1] if counted else "")
        self.words: list[str] = options.get("tokens") or str(options.get("text") or "").split()
        self.tokens: int | None = len(self.words) or None

    def read(self) -> None:
        self._summary()
        rows, _ = caption(self.ledger, self.options.get("caption", False))
        title, layer, self.cross = "", 0, False
        rules = [re.match(r" {0,6}[┌+][─-]{5,}[┐+]", line) for line in self.ledger.lines]
        self.wide = next((rule.end() for rule in rules if rule), 0)
        for row, line in enumerate(self.ledger.lines):
            text = self.ledger.line(row)
            if self.counts.stacks == 2 and "TRANSFORMER" not in line:
                if re.search(r"DECODER|Decoder layer", line):
                    self.cross = True
                elif re.search(r"ENCODER|Encoder layer", line):
                    self.cross = False
            for name, kind in TITLES:
                if re.search(rf"(?<![a-z]){name}", line):
                    title = kind
                    break
            if row in rows:
                layer = self._counted(text, title, layer)
            self._inside(text, title)
            self._boxes(text)
        self._values()
        self._sentences()

    def _equal(self, numeral: Numeral, want: float, kind: str) -> None:
        if numeral.status == "left":
            self.ledger.checked(numeral, numeral.value == want, kind, want)

    def _pattern(self, text: Text, pattern: str, *wanted: float, kind: str = "size") -> None:
        for match in re.finditer(pattern, text.text):
            for group, want in enumerate(wanted, 1):
                if match[group]:
                    for numeral in text.group(match, group).numerals()[:1]:
                        self._equal(numeral, want, kind)

    # Counts

    def _counted(self, text: Text, title: str, layer: int) -> int:
        """What stands in the column of counts, or in the list of them."""
        counts, line = self.counts, text.text
        if self.options.get("parameters") is False:
            return layer
        times = re.search(r"(?:^|\s)[×x] (\d+)$", line)
        if times and re.match(r"\s*[×x]", line):
            self._equal(text.group(times, 1).numerals()[0], self.config["layers"], "layers")
            self.waiting = True
            return layer * int(self.config["layers"])
        if re.search(r"one layer$", line):
            self.waiting = True  # Its count is too long to stand beside it.
            return counts.layer(2 if self.cross else 1)
        if getattr(self, "waiting", False) and (match := re.search(r"^\s+([\d,]+)$", line)):
            self.waiting = False
            self._equal(text.group(match, 1).numerals()[0], layer, "parameters")
            return layer
        if match := re.search(r"one layer\s+([\d,]+)$", line):
            layer = counts.layer(2 if self.cross else 1)
            self._equal(text.group(match, 1).numerals()[0], layer, "parameters")
        elif match := re.search(r"(?:^|\s)[×x] (\d+)\s{2,}([\d,]+)$", line):
            self._equal(text.group(match, 1).numerals()[0], self.config["layers"], "layers")
            self._equal(text.group(match, 2).numerals()[0], self.config["layers"] * layer, "parameters")
        elif match := re.search(r"total\s+([\d,]+)$", line):
            numeral = text.group(match, 1).numerals()[0]
            self._equal(numeral, counts.total, "parameters")
        elif match := re.search(r"(?:\s{2,}|^)([\d,]+)$", line):
            numeral = text.group(match, 1).numerals()[0]
            self._equal(numeral, getattr(counts, title, -1), "parameters")
        return layer

    # What stands in and between the parts

    def _inside(self, text: Text, title: str) -> None:
        c = self.config
        head = c["d_model"] // c["heads"]
        for match in re.finditer(r"(Q, K, V |K, V |Q |first token )?\[([^\[\]]*)\]", text.text):
            axes = [each.strip() for each in match[2].split(",")]
            numerals = text.group(match, 2).numerals()
            if not numerals or len(axes) > 3 or any("." in each for each in axes):
                continue
            self._shape(match[1] or "", axes, numerals, head)
        if re.search(r"learned", text.text):
            self._pattern(
                text, r"([\d,]+) [×x] (\d+)", c["segments"] if title == "segments" else c["context"], c["d_model"]
            )
        else:
            self._pattern(text, r"(?:^|[│║|#] +)([\d,]+) [×x] (\d+)(?= *(?:$|[│║|#]))", c["vocabulary"], c["d_model"])
        self._pattern(text, r"(?:LAYER|ENCODER|DECODER) *[│|]? *[×x] (\d+)", c["layers"], kind="layers")
        self._pattern(text, r"(?<!\d )(\d+) (?:→|->) (\d+) (?:→|->) (\d+)", c["d_model"], c["d_ff"], c["d_model"])
        for match in re.finditer(r"(\d+) (?:→|->) ([\d,]+)(?![\d,])(?!\s*(?:→|->))", text.text):
            # The end of `d_model → d_ff → d_model` may stand on the next line.
            inner = int(match[2].replace(",", "")) == c["d_ff"] and "," not in match[2]
            part = text.group(match)
            self._pattern(part, r"^(\d+) \S+ ([\d,]+)", c["d_model"], c["d_ff"] if inner else c["vocabulary"])
        self._pattern(text, r"(\d+) (?:→|->) (\d+) (?:→|->)\s*(?:[│║|#]|$)", c["d_model"], c["d_ff"])
        if not self.options.get("values"):
            self._pattern(text, r"(?:^|[│║|#]) +(?:(?:→|->) )?(\d+) *(?=[│║|#])", c["d_model"])
        self._pattern(text, r"(\d+) query heads share", c["heads"] // c["kv_heads"])
        self._pattern(text, r"router: (\d+)(?: of (\d+))?", c["active_experts"], c["experts"])
        self._pattern(text, r"(?<!router: \d )\bof (\d+) (?:experts|[│|])", c["experts"])
        self._fan(text, "Head", c["heads"])
        self._fan(text, "Expert", c["experts"])
        last = (self.tokens or 0) - 1
        self._pattern(text, r"positions? (\d+)(?: to (\d+))?", 0, last, kind="position")
        self._positions(text)

    def _shape(self, name: str, axes: list[str], numerals: list[Numeral], head: int) -> None:
        c = self.config
        wanted: list[object]
        if name.startswith("first token") or (len(axes) == 1 and axes[0] == str(c["d_model"]) and c["pooler"]):
            wanted = [c["d_model"]]
        elif len(axes) == 1:
            wanted = [self.tokens]
        elif len(axes) == 2:
            last = axes[1].replace(",", "")
            wanted = [self.tokens, c["vocabulary"] if last == str(c["vocabulary"]) else c["d_model"]]
        else:
            # `K, V` may stand on the line before.
            keys = name.startswith("K, V") or (not name and axes[0] == str(c["kv_heads"]))
            wanted = [c["kv_heads"] if keys else c["heads"], self.tokens, head]
        wanted = [each for each, axis in zip(wanted, axes, strict=True) if re.fullmatch(r"[\d,]+", axis)]
        for numeral, want in zip(numerals, wanted, strict=True):
            self._equal(numeral, float("nan") if want is None else float(str(want)), "shape")

    def _fan(self, text: Text, name: str, count: int) -> None:
        """`Head 1  Head 2  …  Head 8`."""
        before = 0
        for match in re.finditer(rf"{name} (\d+)", text.text):
            numeral = text.group(match, 1).numerals()[0]
            gap = re.search(r"(?:…|\.\.\.)\s*$", text.text[: match.start()])
            first = not before and numeral.value != 1
            before = 0 if before == count else before
            before = count if gap else (int(numeral.value) if first and self._goes_on(name, numeral) else before + 1)
            self._equal(numeral, before, "count")
        if before:
            self.fans = {**getattr(self, "fans", {}), name: before}

    def _goes_on(self, name: str, numeral: Numeral) -> bool:
        """Whether a row of heads goes on with the row before it."""
        return bool(numeral.value == getattr(self, "fans", {}).get(name, -1) + 1)

    def _positions(self, text: Text) -> None:
        for match in re.finditer(r"\bpos (\d+)", text.text):
            want = getattr(self, "place", -1) + 1
            self._equal(text.group(match, 1).numerals()[0], want, "position")
            self.place = want

    def _boxes(self, text: Text) -> None:
        """The small boxes of the words, and how many words have none: `… 12 more tokens`."""
        tokens = self.words
        title = re.search(r"Token Embeddings|Positional|Output|Vectors|Segment", text.text)
        if title and title.start() < self.wide:
            self.boxed = 0
        more = re.search(r"(?:…|\.\.\.) (\d+) more (?:token|position)s?", text.text)
        if more:
            self._equal(text.group(more, 1).numerals()[0], len(tokens) - getattr(self, "boxed", 0), "count")
            return
        for word in re.findall(r"[│|] *(pos \d+|[a-z]\S*) *(?=[│|])", text.text):
            at = getattr(self, "boxed", 0)
            start = re.split(r"…|\.\.\.", word)[0]
            if at < len(tokens) and (tokens[at].startswith(start) or word == f"pos {at}"):
                self.boxed = at + 1

    def _values(self) -> None:
        """Vectors that a fixed rule made: nobody can redo those of the output from what is printed."""
        if not self.options.get("values"):
            return
        for numeral in self.ledger.numerals:
            line = self.ledger.lines[numeral.row]
            if numeral.status == "left" and not re.search(r"[A-Za-z\[]", line):
                numeral.status = "illustrative"

    # Sentences

    def _summary(self) -> None:
        c, text = self.config, self.whole
        preset = self.options.get("preset")
        for row, line in enumerate(self.ledger.lines if preset else ()):
            for match in re.finditer(re.escape(str(preset)), line):
                for numeral in self.ledger.line(row).group(match).numerals():
                    numeral.status = "quoted"
        self._pattern(
            text,
            r"(\d+) layers?(?: each)?, (\d+) heads?, d_model (\d+), d_ff (\d+)",
            c["layers"],
            c["heads"],
            c["d_model"],
            c["d_ff"],
        )

    def _input(self, text: Text) -> None:
        for match in re.finditer(r"Input: \"([^\"]*)\" \(([\d,]+) more tokens?\)", text.text):
            shown, tokens = 0, self.words
            for word in match[1].split():
                word = re.split(r"…|\.\.\.", word)[0]
                shown += bool(word) and shown < len(tokens) and tokens[shown].startswith(word)
            self._equal(text.group(match, 2).numerals()[0], (self.tokens or 0) - shown, "count")

    def _sentences(self) -> None:
        c, text, counts = self.config, self.whole, self.counts
        bare = re.sub(r"[│║|#]", " ", text.text)
        text = Text(self.ledger, bare, text.places)
        self._pattern(text, r"With\s+d_model\s+(\d+):", c["d_model"])
        self._pattern(text, r"d_ff\s+(\d+)\s+\((4)\s+[×x]\s+d_model\)", 4 * c["d_model"], 4)
        self._pattern(text, r"(\d+)\s+heads?\s+\((\d+)\s+numbers\s+each\)", c["heads"], c["d_model"] // c["heads"])
        self._pattern(
            text,
            r"d_ff\s+(\d+)(?:,|\s+and|\s+is\s+kept)",
            PUBLISHED.get(self.options.get("preset", ""), PAPER).get("d_ff", 2048),
        )
        self._pattern(text, r"(\d+)\s+heads?\s+(?:and|are\s+kept)", c["heads"])
        self._pattern(text, r"(\d+)\s+key\s+and\s+value\s+heads?", c["kv_heads"])
        self._pattern(text, r"router:\s+(\d+)\s+of\s+(\d+)\s+experts", c["active_experts"], c["experts"])
        self._pattern(text, r"(\d+)\s+query\s+heads\s+share", c["heads"] // c["kv_heads"])
        self._pattern(
            text,
            r"Active for one token: ([\d,]+), with (\d+) of (\d+) experts",
            counts.active,
            c["active_experts"],
            c["experts"],
            kind="parameters",
        )
        self._pattern(
            text,
            r": (\d+) layers?(?: in each stack)? of (?:masked )?self-attention with (\d+) heads?",
            c["layers"],
            c["heads"],
        )
        self._pattern(text, r"a mixture of (\d+) experts", c["experts"])
        self._pattern(text, r"d_model is (\d+)", c["d_model"])
        self._pattern(text, r"It has ([\d,]+) parameters", counts.total, kind="parameters")
        for match in re.finditer(r"comes out as \[([^\]]*)\]", text.text):
            for numeral in text.group(match, 1).numerals():
                numeral.status = "illustrative"
        self._input(text)
        for row, line in enumerate(self.ledger.lines):
            if re.match(r" *Input: \"", line):  # Another column may stand beside it.
                lines = [self.ledger.line(at).strip() for at in range(row, min(row + 6, len(self.ledger.lines)))]
                self._input(self.ledger.joined(each.split(r"\s{3,}")[0] for each in lines))
        for match in re.finditer(r"Shapes: vectors (.*?)\.(?: |$)", text.text):
            part = text.group(match, 1)
            for axes in re.finditer(r"\[([^\]]*)\]", part.text):
                self._shape("", [a.strip() for a in axes[1].split(",")], part.group(axes, 1).numerals(), 0)


def read(options: dict[str, Any], ledger: Ledger) -> None:
    Reader(options, ledger).read()
