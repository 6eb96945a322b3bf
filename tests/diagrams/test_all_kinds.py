"""What holds of every kind, whatever its options: random and hostile blocks, and the defaults of a whole document."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from math import exp
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from redo import redo
from redo.campaign import NEVER, campaign, mutated, options_of
from redo.faults import FAULTS, Fault, known
from redo.labels import explanations, named_alike
from support import arms, foreign, loose_ends
from support import width as cells_of

from mdattn import DiagramError, render
from mdattn.diagrams import KINDS
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options
from mdattn.glyphs import ASCII, CHARSETS, UNICODE, Glyphs
from mdattn.options import Attention, SelfAttention

Options = dict[str, Any]
Matrix = list[list[float]]

# Random options -------------------------------------------------------------------------------------------------------

SCRIPTS = {
    "latin": [
        "The",
        "cat",
        "sat",
        "on",
        "the",
        "mat",
        "a",
        "I",
        "naïve",
        "Straße",
        "Ωmega",
        "кошка",
        "itself",
        "the#2",
    ],
    "cjk": ["猫", "座った", "マット", "한국어", "注意力機制", "ＡＢ", "、", "ｱｲ"],
    "emoji": ["❤️", "❤", "👩‍👩‍👧", "👨🏽‍🚀", "🇩🇪", "🇫🇷🇯🇵", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👍🏽", "1️⃣", "☺️", "🐈‍⬛", "😀" * 9],
    "marks": ["e\u0301", "a\u0308\u0323", "Z\u0351\u036b\u0343a\u0300lgo", "\u0301", "\u20dd", "n\u0303" * 12],
    "rtl": ["שלום", "مرحبا", "בְּרֵאשִׁית", "العَرَبِيَّة", "abcשלום", "\u0661\u0662", "خوش‌آمدید"],
    "indic": ["हिन्दी", "क्षत्रिय", "বাংলা", "தமிழ்", "తెలుగు", "മലയാളം", "ಕನ್ನಡ", "ก็", "ไทยน้ำ", "สวัสดีครับ"],
    "subword": ["##ing", "Ġthe", "▁the", "Ċ", "<s>", "</s>", "[CLS]", "<|endoftext|>", "#", "@@", "Ġ", "▁"],
    "long": ["internationalizations", "Donaudampfschifffahrtsgesellschaft", "x" * 250, "猫" * 70, "ab-" * 30],
    "control": ["\t", "\x00", "a\nb", "\x1b[31m", "\u202eabc", "\u200b", "\u200d", "\ufe0f", "\x7f", "\u2066x", "a\rb"],
    "signs": ["`", "```", "``a``", "~~~", "-->", "'", '"', "\\", ",", ";", "…", "0.5", "-1", "%", "=", " ", "\u00a0"],
}
WORDS = [word for words in SCRIPTS.values() for word in words]
SENTENCE = "A heading that goes on for longer than any line of it may be, 猫 שלום"


def some_words(random: Random, most: int = 512) -> list[str]:
    """Mostly a short sentence, of one script or of all."""
    count = random.choice([1, 2, 3, 4, 6, 6, 6, 8, 9, 12, 13, 16, 17, 20])
    if random.random() < 0.06:
        count = random.choice([24, 33, 48, 64, 65, 70, 100])
    if random.random() < 0.004:
        count = random.choice([130, 256, 511, 512])
    words = random.choice([WORDS, SCRIPTS["latin"], random.choice(list(SCRIPTS.values()))])
    return [random.choice(words) for _ in range(min(count, most))]


def matrix(random: Random, rows: int, columns: int) -> Matrix:
    """Numbers as authors write them, or as models give them."""
    size = random.choice([1, 1, 1, 10, 1000])
    decimals = random.choice([0, 1, 2, 2, 12])
    return [[round(random.uniform(-size, size), decimals) for _ in range(columns)] for _ in range(rows)]


def shares(random: Random, allowed: list[list[bool]]) -> Matrix:
    """Rows that add up to 1, with nothing where nothing may be."""
    rows = []
    for row in allowed:
        raw = [exp(random.uniform(0, 6)) if may else 0.0 for may in row]
        total = sum(raw)
        rows.append([each / total if total else 0.0 for each in raw])
    return rows


def a_mask(random: Random, queries: int, keys: int) -> tuple[Any, list[list[bool]]]:
    """A mask as an option, and what it allows."""
    last = keys - queries
    form = random.choice(["none", "none", "causal", "window", "rows", "closed"])
    if form == "none":
        return "none", [[True] * keys for _ in range(queries)]
    if form == "causal":
        return "causal", [[key <= query + last for key in range(keys)] for query in range(queries)]
    if form == "window":
        size = random.choice([1, 2, 3, 9])
        seen = [[query + last - size < key <= query + last for key in range(keys)] for query in range(queries)]
        return {"window": size}, seen
    rows = [[form == "rows" and random.random() < 0.5 for _ in range(keys)] for _ in range(queries)]
    return rows, rows


def common(random: Random, kind: str) -> Options:
    options: Options = {"kind": kind, "charset": random.choice(["unicode", "ascii"])}
    options["width"] = random.choice([32, 40, 72, random.randint(32, 120), random.randint(32, 120)])
    if random.random() < 0.15:
        options["width"] = random.randint(121, 200)
    if random.random() < 0.2:
        options["title"] = random.choice(["none", "A title", SENTENCE, "語" * 90, "\u202eabc\x07", "שלום", "x" * 300])
    if random.random() < 0.2:
        options["caption"] = True
    return options


def vectors(random: Random, options: Options, queries: int, keys: int, heads: int) -> int:
    """Adds what is compared; gives the length of the vectors."""
    size = heads * random.choice([1, 2, 3, 3, 4, 8])
    size = random.choice([17, 40, 64]) if heads == 1 and random.random() < 0.05 else size
    if random.random() < 0.5:
        options["embeddings"] = matrix(random, queries, size)
    elif random.random() < 0.9:
        options["dimensions"] = size
    else:
        size = 3 if heads == 1 else 2 * heads
    return size


def projected(random: Random, size: int, heads: int) -> Options:
    inner, outer = (heads * random.randint(1, 4) for _ in "kv")
    named = {"query": matrix(random, size, inner), "key": matrix(random, size, inner)}
    named = named if random.random() < 0.7 else {}
    return named | ({"value": matrix(random, size, outer)} if random.random() < 0.6 or not named else {})


def adjusted(random: Random, weightless: bool = False) -> Options:
    """What is done to scores before the softmax."""
    amounts = [1e-9, 0.001, 0.25, 0.5, 1, 2, 30.5, 1234.5678, 1e9]
    names = () if weightless else ("temperature", "softcap", "scale")
    return {name: random.choice(amounts) for name in names if random.random() < 0.15}


def attention(random: Random, kind: str, computes_values: bool) -> Options:
    """The options of a kind that computes attention between tokens."""
    tokens = some_words(random)
    keys = some_words(random, 64) if random.random() < 0.25 else tokens
    many = len(tokens) > 64
    options = common(random, kind) | {"tokens": tokens, "decimals": random.choice([0, 1, 2, 2, 2, 3, 4, 6])}
    if keys is not tokens:
        options["key_tokens"] = keys
    options["mask"], allowed = a_mask(random, len(tokens), len(keys))
    heads = 1 if many else random.choice([1, 1, 1, 2, 3, 8])
    basis = random.choice(["vectors", "vectors", "scores", "weights"])
    options |= adjusted(random, basis == "weights")
    if basis == "vectors":
        size = vectors(random, options, len(tokens), len(keys), heads)
        if random.random() < 0.3:
            options["projections"] = projected(random, size, heads)
        elif keys is not tokens and random.random() < 0.5:
            options["keys"] = matrix(random, len(keys), size)
    else:

        def one() -> Matrix:
            return shares(random, allowed) if basis == "weights" else matrix(random, len(tokens), len(keys))

        options[basis] = one() if heads == 1 else [one() for _ in range(heads)]
    often = 0.3 if basis == "vectors" else 0.9
    if computes_values and "projections" not in options and random.random() < often:
        options["values"] = matrix(random, len(keys), heads * random.randint(1, 3))
    if heads > 1 or basis != "vectors" or random.random() < 0.2:
        options["heads"] = heads
    if basis != "vectors" and heads > 1 and random.random() < 0.5:
        given = options.pop(basis)
        options["heads"] = [
            {"name": random.choice(["Syntax", "隣の語", SENTENCE, "שלום"]), basis: each} for each in given
        ]
    return options


def asked(random: Random, options: Options) -> None:
    """One query, by its place or by its name."""
    tokens = options["tokens"]
    place = random.randrange(len(tokens))
    name = tokens[place]
    plain = tokens.count(name) == 1 and "#" not in name
    options["query"] = name if plain and random.random() < 0.5 else place
    if not plain and random.random() < 0.5 and "#" not in name:
        options["query"] = f"{name}#{tokens[: place + 1].count(name)}"
    if random.random() < 0.4:
        options["arithmetic"] = random.choice(["shown", "exact"])


def remarked(random: Random, options: Options) -> None:
    across = options["kind"] == "flow" and "key_tokens" in options
    rows: list[str] = options["key_tokens" if across else "tokens"]
    tokens = [each for each in rows if rows.count(each) == 1]
    remarks = ["a remark", SENTENCE, "語" * 60, "y" * 150, "\x1b\u202e", "שלום"]
    if random.random() < 0.25:
        options["annotations"] = random.choice(["none", {each: random.choice(remarks) for each in tokens[:3]}])


def quiet(random: Random, options: Options) -> Options:
    if random.random() < 0.1:
        options["remarks"] = "none"
    return options


def flow(random: Random) -> Options:
    options = attention(random, "flow", True)
    asked(random, options)
    remarked(random, options)
    if random.random() < 0.2:
        options["sections"] = random.sample(["embeddings", "attention", "output"], random.randint(1, 3))
    return quiet(random, options)


def steps(random: Random) -> Options:
    options = attention(random, "steps", True)
    asked(random, options)
    if random.random() < 0.2:
        options["sections"] = random.sample(["dot", "scale", "softmax", "output"], random.randint(1, 4))
    return quiet(random, options)


def heatmap(random: Random) -> Options:
    options = attention(random, "heatmap", False)
    remarked(random, options)
    if random.random() < 0.6:
        options["mode"] = random.choice(["squares", "shades", "numbers", "both"])
    if random.random() < 0.2:
        options["legend"] = False
    return quiet(random, options)


def heads(random: Random) -> Options:
    options = attention(random, "heads", False)
    if random.random() < 0.4:
        options |= random.choice([{"top": random.choice([1, 3, 64])}, {"threshold": random.choice([0.01, 0.3, 1])}])
    if random.random() < 0.5:
        return options
    tokens, keys = options["tokens"], options.get("key_tokens")
    for name in ("embeddings", "dimensions", "scores", "weights", "projections", "keys"):
        options.pop(name, None)
    patterns = ["same", "first", "uniform"] + ([] if keys else ["previous", "next", "adjacent", "self"])
    unique = [
        [word for word in words if words.count(word) == 1 and "#" not in word] for words in (tokens, keys or tokens)
    ]
    options["heads"] = [
        {
            name: text
            for name, text in (
                ("name", random.choice([None, "Syntax", "隣の語", SENTENCE])),
                ("gloss", random.choice([None, "meaning", "意味" * 40])),
                ("note", random.choice([None, SENTENCE, ["one", "two \x07 猫"]])),
                ("pattern", random.choice(patterns)),
            )
            if text is not None
        }
        for _ in range(random.randint(1, 5))
    ]
    if all(unique) and random.random() < 0.5:
        pair = [
            random.choice(unique[0]),
            random.choice(unique[1]),
            *random.sample([SENTENCE, "說"], random.randint(0, 1)),
        ]
        options["heads"].append({"pairs": [pair]})
    return options


PRESETS = ["transformer-base", "transformer-big", "bert-base", "gpt-2", "llama-2-7b", "mixtral-8x7b"]


def sized(random: Random) -> Options:
    """The numbers of a model of its own."""
    kv_heads = random.choice([1, 2, 4, 128])
    count = kv_heads * random.choice([1, 2, 8])
    return {
        "model": random.choice(["encoder", "decoder-only", "encoder-decoder"]),
        "heads": count,
        "kv_heads": kv_heads,
        "d_model": count * 2 * random.choice([1, 8, 64, 300]),
        "d_ff": random.choice([1, 48, 16384, 1_000_000]),
        "layers": random.choice([1, 2, 12, 256]),
        "vocabulary": random.choice([1, 50_257, 10_000_000]),
        "norm": random.choice(["pre", "post"]),
        "norm_type": random.choice(["layernorm", "rmsnorm"]),
        "positions": random.choice(["sinusoidal", "learned", "rotary", "alibi"]),
        "activation": random.choice(["relu", "gelu", "silu", "reglu", "geglu", "swiglu"]),
    }


def architecture(random: Random) -> Options:
    options = common(random, "architecture")
    if random.random() < 0.4:
        options["preset"] = random.choice(PRESETS)
    else:
        options |= sized(random)
    if random.random() < 0.3:
        options |= {"experts": random.choice([2, 8, 1000])}
    for name in ("shapes", "parameters", "embedding_norm"):
        if random.random() < 0.3:
            options[name] = random.random() < 0.5
    if random.random() < 0.7:
        options["tokens"] = some_words(random)
        if random.random() < 0.3:
            options.pop("preset", None)
            options |= {"values": True, "model": random.choice(["encoder", "decoder-only"]), "d_model": 8, "heads": 4}
            options |= {"kv_heads": random.choice([1, 4]), "d_ff": 5, "layers": 2, "decimals": random.randint(0, 6)}
            options["experts"] = random.choice([2, 5])
    return options


def comparison(random: Random) -> Options:
    tokens = some_words(random)
    options = common(random, "comparison") | {"tokens": tokens, "decimals": random.randint(0, 6)}
    options["mask"], allowed = a_mask(random, len(tokens), len(tokens))
    form = random.choice(["illustrative", "embeddings", "scores", "weights"])
    options |= adjusted(random, form == "weights")
    if form == "embeddings":
        options["embeddings"] = matrix(random, len(tokens), random.choice([1, 3, 17]))
    elif form == "scores":
        options["scores"] = matrix(random, len(tokens), len(tokens))
    elif form == "weights":
        options["weights"] = shares(random, allowed)
    if random.random() < 0.5:
        options["retention"] = random.choice([0.0001, 0.5, 0.875, 0.9, 0.9999])
    if random.random() < 0.4:
        options["d_model"] = random.choice([1, 512, 65536])
    return quiet(random, options)


DRAWN: dict[str, Callable[[Random], Options]] = {
    "flow": flow,
    "steps": steps,
    "heatmap": heatmap,
    "heads": heads,
    "architecture": architecture,
    "comparison": comparison,
}


def has(kind: str, name: str) -> bool:
    """Whether a kind has an option, and does not refuse it."""
    return name in options_of(kind)


ATTENDING = [kind for kind in KINDS if issubclass(KINDS[kind].options, SelfAttention)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_all_that_tests_need_of_it(kind: str) -> None:
    tests = Path(__file__).parent
    assert kind in DRAWN, f"draw random options of {kind!r}: a function in DRAWN of {Path(__file__).name}"
    for path in (tests / f"test_{kind}.py", tests.parent / "redo" / f"{kind}.py"):
        assert path.exists(), f"{kind!r} has no {path.relative_to(tests.parent.parent)}"
    refused = NEVER.get(kind, set()) - {*KINDS[kind].options.__struct_fields__}
    assert not refused, f"NEVER of redo/campaign.py names {refused}, which {kind!r} does not have"


def test_the_tests_know_no_kinds_but_those_that_there_are() -> None:
    assert DRAWN.keys() == KINDS.keys() >= NEVER.keys()


# What holds -----------------------------------------------------------------------------------------------------------

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def own_text(value: Any) -> str:
    """All the words that an author gives, which may hold any character."""
    if isinstance(value, dict):
        return "".join(own_text(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return "".join(map(own_text, value)) if value and not isinstance(value[0], float) else ""
    return value if isinstance(value, str) else ""


def sentences(alternative: str, words: list[str]) -> int:
    """How many sentences there are, those within a quoted word apart."""
    for word in sorted(set(words), key=len, reverse=True):
        alternative = alternative.replace(f"'{word}'", "X")
    return len(re.findall(r"[.?!](?=\s|$)", alternative))


# How lines with these arms are drawn in ASCII; corners and crossings are `+` or `#`.
PLAIN = {"lr": "-=", "du": "|#"}


def loose_ends_in_ascii(drawn: Diagram, options: Options) -> Iterator[str]:
    """As `loose_ends`, of the same drawing with box-drawing characters in place of `+`, `-` and `|`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cast("dict[str, Glyphs]", CHARSETS), "ascii", ASCII._replace(lines=UNICODE.lines))
        traced = draw_options(options)
    assert len(traced.lines) == len(drawn.lines)
    for one, other in zip(drawn.lines, traced.lines, strict=True):
        assert len(one) == len(other)
        signs = zip(one, other, strict=True)
        assert all(plain in PLAIN.get(arms(sign), "+#") for plain, sign in signs if plain != sign), one
    yield from loose_ends(traced.lines, "<>^v-|")


def faults(drawn: Diagram, options: Options) -> list[str]:
    """What is wrong with a drawing."""
    found = [f"{cells_of(line)} cells: {line}" for line in drawn.lines if not 0 <= cells_of(line) <= options["width"]]
    found += [f"ends in blanks: {line!r}" for line in drawn.lines if line != line.rstrip()]
    found += [f"foreign: {each!r}" for each in sorted(foreign(drawn.lines, own_text(options), options["charset"]))]
    found += loose_ends(drawn.lines) if options["charset"] == "unicode" else loose_ends_in_ascii(drawn, options)
    said = drawn.alternative
    found += [f"{each!r} in the alternative" for each in said if unicodedata.category(each) == "Cc" or each in BIDI]
    count = sentences(said, options.get("tokens", []))
    if not 1 <= count <= 3:
        found.append(f"{count} sentences: {said}")
    if not "".join(drawn.lines).strip():
        found.append("nothing is drawn")
    return found


def outcome(options: Options) -> Diagram | DiagramError:
    """The drawing or what is wrong with the options; any other exception is not caught."""
    try:
        return draw_options(deepcopy(options))
    except DiagramError as error:
        return error


def needed(error: DiagramError) -> int:
    """The columns that an error of the width asks for."""
    found = re.search(r"at least (\d+) columns", error.message)
    assert found, error
    return int(found[1])


SHARES = 20


@pytest.mark.campaign
@pytest.mark.parametrize("share", range(SHARES))
def test_any_options_of_any_kind_give_a_drawing_that_holds(share: int, budget: int) -> None:
    count = 2000 * budget // SHARES
    drawings = 0
    for seed in range(share, share + count * SHARES, SHARES):
        random = Random(seed)
        options = random.choice(list(DRAWN.values()))(random)
        drawn = outcome(options)
        if isinstance(drawn, DiagramError) and "columns" in drawn.message:
            assert options["width"] < needed(drawn) <= 200, (seed, drawn)
            options["width"] = needed(drawn)
            drawn = outcome(options)
            assert isinstance(drawn, Diagram), (seed, drawn)
        if isinstance(drawn, Diagram):
            drawings += 1
            assert faults(drawn, options) == [], (seed, options["kind"])
            assert outcome(options) == drawn, seed
    assert drawings > 0.85 * count


@pytest.mark.campaign
@pytest.mark.parametrize("kind", DRAWN)
def test_a_width_that_is_too_small_is_told_with_one_that_works(kind: str, budget: int) -> None:
    told = 0
    for seed in range(20 * budget):
        random = Random(seed)
        options = DRAWN[kind](random) | {"width": random.randint(1, 31)}
        refused = outcome(options)
        if isinstance(refused, DiagramError) and "columns" in refused.message:
            told += 1
            least = needed(refused)
            drawn = outcome(options | {"width": least})
            assert isinstance(drawn, Diagram), (seed, drawn)
            assert faults(drawn, options | {"width": least}) == [], seed
            if options["width"] < least - 1:
                assert isinstance(outcome(options | {"width": least - 1}), DiagramError), (seed, least)
    assert told


# What a picture says --------------------------------------------------------------------------------------------------

# How few blocks may set an option of a kind away from its default in the long campaign, --budget 56: 3,360 blocks of
# it that are drawn.
LONG, SET = 56, 100


@pytest.mark.campaign
@pytest.mark.parametrize("kind", DRAWN)
def test_what_a_picture_says_gives_its_numbers_again(kind: str, budget: int, tmp_path: Path) -> None:
    found = campaign(kind, DRAWN[kind], 60 * budget, tmp_path)
    sys.stdout.write(f"{kind}: {found.told()}\n")  # pytest -rP shows what is read, what is left, and what is set.
    assert set(found.findings) <= known(kind), found.told()
    assert found.share >= 0.95 and not found.unread, found.told()
    if budget >= LONG:
        assert {name: count for name, count in found.options.items() if count < SET} == {}


@pytest.mark.campaign
@pytest.mark.parametrize("kind", DRAWN)
def test_a_changed_digit_is_seen(kind: str, budget: int, tmp_path: Path) -> None:
    changed, unseen = mutated(kind, DRAWN[kind], 30 * budget, tmp_path)
    assert changed and len(unseen) <= 0.01 * changed + 1, unseen


@pytest.mark.parametrize(
    "fault",
    [pytest.param(each, marks=pytest.mark.xfail(strict=True, reason=each.finding)) for each in FAULTS],
    ids=[f"{each.options['kind']}: {each.finding}" for each in FAULTS],
)
def test_no_picture_says_what_is_known_not_to_be_true(fault: Fault) -> None:
    drawn = draw_options(deepcopy(fault.options))
    found = redo(fault.options, drawn.lines, drawn.alternative).findings
    assert [each for each in found if each.kind == fault.finding] == []


ROUNDING = (
    r"Rounded:|full precision|[Pp]rinted .*are rounded|rounded (?:only )?when|(?:rounded|printed) numbers|digits? would"
)


def of_rounding(lines: Iterable[str]) -> list[str]:
    """What is said of rounding, sentence by sentence."""
    text = " ".join(" ".join(lines).split())
    return [each for each in re.split(r"(?<=\.) (?=[A-Z\"'])", text) if re.search(ROUNDING, each)]


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
def test_at_most_one_line_is_about_rounding(kind: str, budget: int) -> None:
    random, told = Random(f"rounding {kind}"), 0
    for _ in range(60 * budget):
        options = DRAWN[kind](random)
        drawn = outcome(options)
        if isinstance(drawn, Diagram):
            said = of_rounding(drawn.lines)
            assert len(said) <= (options.get("remarks") != "none"), (said, options)
            told += len(said)
    assert told or kind not in ("heatmap", "comparison")


# Hostile options ------------------------------------------------------------------------------------------------------

HUGE = "word " * 2000
ODD: dict[str, list[str]] = {
    "one token": ["a"],
    "a thousand tokens": [f"w{number % 700}" for number in range(1024)],
    "a thousand alike": ["the"] * 1024,
    "marks alone": ["\u0301", "\u0301\u0302\u0303", "\u20dd", "\ufe0f", "\u200d", "\u0e31"],
    "blanks alone": [" ", "   ", "\u00a0", "\u3000", "\u2003", "\u200b", "\t", "\n"],
    "overrides alone": ["\u202e", "\u2067", "\u2068", "\u2069\u2069", "\u200f", "\u061c"],
    "huge tokens": ["x" * 10_000, "猫" * 5_000, "e" + "\u0301" * 10_000, "ש" * 5_000],
    "surrogates": ["\ud800", "a\udfff", "\uffff", "\U0010ffff", "\ufdd0"],
}
NUMBERS = [1e9, -1e9, 1e-9, -1e-9, 0.0, -0.0, 123456789.123456789]


def basic(kind: str, tokens: list[str], **more: Any) -> Options:
    """A block of the kind over the tokens."""
    queried = {"query": 0} if has(kind, "query") else {}
    return {"kind": kind, "tokens": tokens, "width": 72, "charset": "unicode"} | queried | more


def check_hostile(options: Options, *, drawable: bool = True) -> None:
    """A good drawing, or a DiagramError where the options may be refused, within two seconds."""
    start = time.process_time()
    drawn = outcome(options)
    assert time.process_time() - start < 2
    if isinstance(drawn, Diagram):
        assert faults(drawn, options) == []
    else:
        assert not drawable, drawn


# What a word is called ------------------------------------------------------------------------------------------------


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
def test_no_two_words_share_a_label_and_each_label_is_explained(kind: str, budget: int) -> None:
    explained = 0
    for seed in range(60 * budget):
        options = named_alike(Random(f"{kind} {seed}"), kind)
        drawn = draw_options(options)
        count, wrong = explanations(options, drawn.lines, drawn.alternative)
        assert wrong == [], seed
        explained += count
    assert explained > 30


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
def test_no_two_words_share_a_name_in_the_alternative(kind: str, budget: int) -> None:
    """Words with names of their own, in place of these, are told apart: where they stand, no two of these are alike."""
    named = 0
    for seed in range(30 * budget):
        random = Random(f"{kind} {seed}")
        options = named_alike(random, kind) | ({"mode": "numbers"} if has(kind, "mode") else {})
        words = list(dict.fromkeys([*options["tokens"], *options.get("key_tokens", ())]))
        if kind in ATTENDING:
            options["embeddings"] = matrix(random, len(options["tokens"]), 3)
            if "key_tokens" in options:
                options["keys"] = matrix(random, len(options["key_tokens"]), 3)
        plain = {word: f"w{at}" for at, word in enumerate(words)}
        other = options | {"tokens": [plain[word] for word in options["tokens"]]}
        if "key_tokens" in options:
            other["key_tokens"] = [plain[word] for word in options["key_tokens"]]
        ours, theirs = (re.findall(r"['\"]([^'\"]+)['\"]", draw_options(each).alternative) for each in (options, other))
        assert len(ours) == len(theirs), (seed, ours, theirs)
        called = dict(zip(theirs, ours, strict=True))
        assert [called[each] for each in theirs] == ours, (seed, called)
        assert len(set(called.values())) == len(called), (seed, called)
        named += len(called)
    assert named or kind == "architecture"


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
@pytest.mark.parametrize("width", [32, 72, 200])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_odd_tokens_are_drawn(kind: str, odd: str, width: int, charset: str) -> None:
    check_hostile(basic(kind, ODD[odd], width=width, charset=charset, caption=True))


@pytest.mark.parametrize("decimals", [0, 2, 6])
@pytest.mark.parametrize("kind", ATTENDING)
def test_numbers_of_any_size_are_drawn_or_refused(kind: str, decimals: int) -> None:
    tokens = ["a", "b", "c", "d"]
    for shift in range(len(NUMBERS)):
        rows = [[NUMBERS[(shift + row * 2 + place) % len(NUMBERS)] for place in range(3)] for row in range(4)]
        for width in (32, 72, 200):
            more: Options = {"decimals": decimals, "width": width}
            check_hostile(basic(kind, tokens, embeddings=rows, **more), drawable=width == 200)
            square = [[*row, NUMBERS[shift]] for row in rows]
            values = {"values": rows} if has(kind, "values") else {}
            check_hostile(basic(kind, tokens, scores=square, **values, **more), drawable=width == 200)


# Options that hold words of an author which a picture prints, each made long below; and those that name other things.
WORDED = {"title", "annotations", "name", "gloss", "note", "pairs"}
ELSEWHERE = {"kind", "text", "tokens", "key_tokens", "file", "array", "pattern"}


@pytest.mark.parametrize("kind", KINDS)
def test_all_words_that_a_kind_prints_are_made_long(kind: str) -> None:
    new = KINDS[kind].options.texts - WORDED - ELSEWHERE
    assert not new, f"give {new} long words in test_words_of_any_length_are_drawn, and name them in WORDED"


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
@pytest.mark.parametrize(
    "text", ["x" * 10_000, "語" * 10_000, HUGE, "שלום " * 2_000, "\u202e\x07" * 5_000, " " * 10_000]
)
@pytest.mark.parametrize("kind", KINDS)
def test_words_of_any_length_are_drawn(kind: str, text: str, charset: str) -> None:
    check_hostile(basic(kind, ["a", "b", "c"], title=text, charset=charset))
    if has(kind, "annotations"):
        check_hostile(basic(kind, ["a", "b", "c"], annotations={"b": text}, charset=charset))
    if issubclass(KINDS[kind].options, Attention):
        rows = [[0.5, 0.25, 0.25]] * 3
        named = [{"name": text, "weights": rows}, {"name": "", "weights": rows}]
        values = {"values": rows} if has(kind, "values") else {}
        check_hostile(basic(kind, ["a", "b", "c"], heads=named, charset=charset, **values))
    if kind == "heads":
        noted = [{"pattern": "self", "name": text, "gloss": text, "note": text}, {"pairs": [["a", "b", text]]}]
        check_hostile(basic(kind, ["a", "b", "c"], heads=noted, charset=charset))


def test_weights_that_are_all_rounded_to_nothing_are_refused() -> None:
    """A row of so many zeros would add up to 1 within its rounding."""
    for kind in ATTENDING:
        values = {"values": [[1.0]] * 30} if has(kind, "values") else {}
        with pytest.raises(DiagramError, match="add up to 0, not to 1"):
            draw_options(basic(kind, list(map(str, range(30))), weights=[[0.0] * 30] * 30, **values))


# The defaults of a document -------------------------------------------------------------------------------------------

USUAL = {
    "text": "The cat sat on the mat",
    "embeddings": "{The: [0.2, 0.5, 0.1, 0.3], cat: [0.8, 0.1, 0.6, 0.2], sat: [0.3, 0.9, 0.2, 0.1], "
    "on: [0.1, 0.6, 0.3, 0.4], the: [0.2, 0.5, 0.1, 0.3], mat: [0.4, 0.7, 0.3, 0.5]}",
    "width": "64",
    "charset": "ascii",
    "decimals": "3",
    "temperature": "0.5",
    "mask": "causal",
    "query": "sat",
    "heads": "2",
    "title": "A title of all",
}
MATRIX = "[[1, 0], [0, 1], [1, 0], [0, 1]]"
MORE = {
    "dimensions": "4",
    "scale": "0.5",
    "softcap": "5",
    "arithmetic": "shown",
    "annotations": "{sat: the verb}",
    "remarks": "none",
    "sections": "[attention]",
    "caption": "true",
    "legend": "false",
    "mode": "numbers",
    "d_model": "512",
    "retention": "0.9",
    "preset": "gpt-2",
    "layers": "6",
    "bias": "all",
    "shapes": "false",
    "threshold": "0.2",
    "top": "2",
    "strength": "3",
    "projections": f"{{query: {MATRIX}, key: {MATRIX}, value: {MATRIX}}}",
    "values": "[[1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [6, 1]]",
    "key_tokens": "[x, y, z]",
}


def document(defaults: dict[str, str], more: str = "", kinds: Iterable[str] = tuple(KINDS)) -> str:
    """A block of each kind below the defaults."""
    front = "".join(f"  {name}: {value}\n" for name, value in defaults.items())
    blocks = [f"```attention-diagram\nkind: {kind}\n{more}```\n" for kind in kinds]
    return f"---\nattention-diagram:\n{front}---\n\n" + "\n".join(blocks)


def test_one_front_matter_serves_a_block_of_each_kind() -> None:
    drawn = render(document(USUAL))
    assert drawn.isascii()
    assert max(map(len, drawn.partition("```")[2].split("\n"))) <= 64
    assert drawn.count("A title of all\n") == 1 + len(KINDS)
    for name, other in [("decimals", "4"), ("temperature", "2"), ("mask", "none"), ("heads", "1"), ("query", "on")]:
        assert render(document(USUAL | {name: other})).split("```")[1:] != drawn.split("```")[1:], name


@pytest.mark.parametrize("name", MORE)
def test_a_default_of_one_kind_does_not_hurt_the_others(name: str) -> None:
    assert render(document(USUAL | {name: MORE[name]})).count("```text\n") == len(KINDS)


def test_defaults_for_another_sentence_are_told_at_their_place() -> None:
    with pytest.raises(DiagramError) as caught:
        render(document(USUAL, "text: A dog\n", ATTENDING))
    told = {(each.position, each.message) for each in caught.value.diagnostics if each.position}
    assert told == {((4, 3), "'embeddings' has no vector for 'A'"), ((10, 10), "'sat' is not a token")}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if issubclass(KINDS[kind].options, Attention)])
def test_one_matrix_for_the_heads_of_a_default_is_told(kind: str) -> None:
    defaults = {"text": "a b", "heads": "2"} | ({"query": "1"} if has(kind, "query") else {})
    with pytest.raises(DiagramError) as caught:
        render(document(defaults, "scores: [[1, 2], [3, 4], [5, 6]]\n", [kind]))
    assert caught.value.position is not None and caught.value.position.line > 5
    assert "2 heads" in caught.value.message


@pytest.mark.parametrize("number", [10**400, -(10**400), 10**9 + 1, float("nan"), float("inf"), True, "1", None])
def test_what_is_no_number_that_can_be_printed_is_refused(number: Any) -> None:
    for kind in ATTENDING:
        for name in ("embeddings", "scores"):
            with pytest.raises(DiagramError, match="holds"):
                draw_options(basic(kind, ["a", "b"], **{name: [[1, 2], [number, 4]]}))
    with pytest.raises(DiagramError, match="holds"):
        draw_options(basic("heatmap", ["a", "b"], embeddings={"a": [1, 2], "b": [number, 4]}))
