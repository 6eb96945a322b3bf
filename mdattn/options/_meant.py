"""What people write for what is meant: words of papers, libraries and other tools, and look-alikes of characters.

Imported only by who has a mistake to explain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from unicodedata import name as character_name

from mdattn.errors import suggest
from mdattn.options._words import clipped

# What is meant, and the bare words that people write for it; of several meanings the first that the kind has counts.
# `%s` stands for the value, `{name}` for the word.
OPTIONS: Mapping[str, str] = {
    "kind": "type diagram chart plot figure",
    "text": "sentence input inputs prompt string content words",
    "tokens": "words token labels inputtokens sentence",
    "key_tokens": "target targets targettokens memory encodertokens keytoken contexttokens source_tokens",
    "title": "heading header headline label name",
    "name": "label heading title",
    "width": "size columns cols maxwidth linewidth wrap",
    "decimals": "precision digits places round rounding decimalplaces",
    "charset: {name}": "ascii unicode",
    "charset": "encoding characters glyphs",
    "caption": "description alt alttext summary",
    "temperature": "temp tau t",
    "scale": "scaling scalefactor factor",
    "softcap": "cap logitcap softcapping attnlogitsoftcapping",
    "mask: causal": "causal causalmask iscausal autoregressive masked lookahead",
    "mask: {window: %s}": "window slidingwindow windowsize localwindow local band",
    "window": "size length n width left",
    "mask": "attnmask attentionmask masks masking padding",
    "weights": "attention attn attentions attentionweights attnweights weight probs probabilities matrix",
    "scores": "logits energies energy score rawscores attentionscores qk",
    "embeddings": "vectors embedding embed emb x wte",
    "projections: {query: …}": "wq q qproj queryprojection queries",
    "projections: {key: …}": "wk kproj keyprojection",
    "projections: {value: …}": "wv vproj valueprojection",
    "query": "wq q queries focus select selected from row queryindex querytoken word",
    "keys": "k key",
    "key": "wk k keys to",
    "values": "v value",
    "value": "wv v values",
    "projections": "projection proj qkv",
    "source: {file: %s}": "file data path npz npy safetensors load filename fromfile",
    "file": "filename path name url src data",
    "array": "tensor dataset variable name",
    "head": "heads nhead",
    "layer": "layers nlayer",
    "heads": "nheads numheads nhead numattentionheads head h",
    "kv_heads": "gqa mqa nkvheads numkvheads numkeyvalueheads kvhead groups",
    "layers": "nlayers nlayer numlayers numhiddenlayers depth blocks n layer",
    "source: {layer: %s}": "layer",
    "d_model": "dim dims d hidden hiddensize embeddim nembd modeldim dimension embeddingsize",
    "dimensions": "dim dims d dk dimension embeddingsize embeddingdim hidden",
    "d_ff": "dffn ffn ff ffndim feedforward intermediatesize dimfeedforward mlp",
    "vocabulary": "vocab vocabsize nvocab vocabularysize",
    "context": "nctx blocksize maxlen maxlength seqlen contextlength maxpositionembeddings",
    "activation": "act activationfunction hiddenact nonlinearity",
    "norm: pre": "prenorm normfirst",
    "norm: post": "postnorm",
    "norm_type": "normalization normalisation layernorm rmsnorm",
    "positions: {name}": "rotary alibi sinusoidal learned",
    "positions: rotary": "rope rotaryembeddings",
    "positions": "position positional positionalencoding pe posemb",
    "experts": "moe numexperts nexperts numlocalexperts",
    "active_experts": "numexpertspertok topk",
    "top": "topk k largest most",
    "model": "arch architecture modeltype",
    "preset": "model pretrained checkpoint modelname",
    "tied": "tie tieembeddings tiewordembeddings weighttying",
    "parameters": "params parametercount nparams",
    "annotations": "notes note comments comment annotate annotation",
    "note": "comment remark annotation text",
    "gloss": "meaning about description",
    "sections": "show parts part steps section stages",
    "mode": "style form format cells display symbols render",
    "pattern": "scheme patterns type kind",
    "pairs": "connections links edges pair",
    "threshold": "cutoff minimum min minweight",
    "arithmetic": "exact rounded shown",
    "retention": "decay forget leak",
}

_VALUES: Mapping[str, str] = {
    "decoder-only": "decoder gpt causal autoregressive",
    "encoder": "encoderonly bert bidirectional",
    "encoder-decoder": "seq2seq t5 both original transformer encdec",
    "gpt-2": "gpt gpt2 gpt2small",
    "bert-base": "bert bertbaseuncased bertbasecased",
    "llama-2-7b": "llama llama2 llama7b llama27b",
    "mixtral-8x7b": "mixtral mixtral8x7bv01",
    "transformer-base": "base vanilla attentionisallyouneed original transformer",
    "transformer-big": "big",
    "rotary": "rope rotational",
    "sinusoidal": "sin sine sincos fixed absolute",
    "learned": "trained learnt embedding embeddings",
    "silu": "swish",
    "swiglu": "glu",
    "rmsnorm": "rms",
    "layernorm": "ln layer",
    "pre": "prenorm before",
    "post": "postnorm after",
    "causal": "lower triangular autoregressive tril triangle decoder true",
    "none": "full off no false bidirectional empty hide hidden",
    "unicode": "utf8 utf16 box boxdrawing",
    "ascii": "plain text latin latin1 usascii",
    "shades": "grayscale greyscale gray grey shade shading blocks",
    "squares": "square boxes area",
    "numbers": "number values numeric text percent",
    "both": "all full everything mixed",
    "all": "true yes both",
    "shown": "rounded printed calculator visible show",
    "exact": "full precise float float64",
    "dot": "score scores dotproduct dotproducts qk product",
    "scale": "scaling scaled sqrt",
    "softmax": "weights weight exp normalize attention",
    "attention": "weights weight scores softmax",
    "output": "sum weightedsum context result values",
    "feed-forward": "ffn mlp ff",
    "scores": "logits rawscores",
    "weights": "attentions probs attn attention probabilities",
    "embeddings": "hiddenstates vectors",
}

_PRESETS = ("gpt-2", "bert-base", "llama-2-7b", "mixtral-8x7b")

KINDS: Mapping[str, str] = {
    "heatmap": "map matrix attentionmap attentionmatrix attentionheatmap grid table heat weights",
    "heads": "multihead multiheadattention head mha headview",
    "steps": "step stepbystep calculation worked computation sums math",
    "architecture": "model transformer encoder decoder stack arch network",
    "comparison": "compare rnn versus vs rnnvstransformer",
    "flow": "selfattention attentionflow flowchart dataflow graph",
}

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\uff02\uff07"
# Each look-alike with the character that YAML knows.
_ORDINARY = str.maketrans(
    {
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_BLANKS, " "),
        **dict.fromkeys(_UNSEEN, ""),
        **dict.fromkeys(_QUOTES, ""),
        "：": ":",
        "﹕": ":",
        "，": ",",
        "、": ",",
        "［": "[",
        "］": "]",
        "｛": "{",
        "｝": "}",
        "＃": "#",
        "．": ".",
        "。": ".",
        "；": ";",
        "【": "[",
        "】": "]",
        "（": "(",
        "）": ")",
        "％": "%",
        **dict.fromkeys("\"'", ""),
    }
)


def _meanings(word: str, table: Mapping[str, str]) -> Iterator[str]:
    """What the table says that a word stands for."""
    written = bare(word)
    for meant, words in table.items():
        if written in words.split():
            yield meant


def bare(word: str) -> str:
    """A word without what people write differently: capitals, hyphens, underscores, blanks."""
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


def ordinary(text: str) -> str:
    """The text with ordinary characters for look-alikes, without quotes and what cannot be seen."""
    return text.translate(_ORDINARY).strip()


def lookalike(text: str) -> tuple[str, str] | None:
    """The first look-alike of the text by its name, and the cure; None where there is none."""
    for character in text:
        known = _ORDINARY.get(ord(character))
        if known is None or character.isascii():
            continue
        said = character_name(character, "character").lower()
        code = f"(U+{ord(character):04X})"
        article = "an" if said[0] in "aeiou" else "a"
        if character in _UNSEEN or character in _BLANKS:
            return f"{article} {said} {code}", "type an ordinary blank" if known else "delete it"
        if character in _QUOTES:
            return f"{article} {said} '{character}' {code}", "use \" or ', or no quotes"
        more = " and a blank after it" if known == ":" else ""
        return f"{article} {said} '{character}' {code}", f"type an ordinary '{known}'{more}"
    return None


def meant_option(name: str, known: Collection[str], value: object, command: str = "") -> str:
    """The cure for an unknown option: what is meant by it, or what is near; `known` are the options that may stand."""
    written = bare(name)
    exact = [each for each in known if bare(each) == written]
    if exact:
        return f"did you mean '{exact[0]}'?"
    first, colon, rest = name.partition(":")
    if colon and rest and (first in known or first == "kind"):
        return spaced(first, rest)
    for meant in _meanings(name, OPTIONS):
        option, said, _ = meant.partition(":")
        if option in known:
            if not said:
                return f"did you mean '{option}'?"
            given = str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else "…"
            whole = meant.replace("%s", given[:40]).replace("{name}", written)
            return "leave it out" if value in (False, "false") else f"write '{whole}'"
    return suggest(name, known, command)


def spaced(key: str, rest: str) -> str:
    """The cure for a key and a value without a blank between them, which YAML takes for one word."""
    return f"a blank belongs after the colon: write '{clipped(key)}: {clipped(rest)}'"


def in_it(text: str) -> str:
    """What is said of a text with look-alikes: `a fullwidth comma '，' (U+FF0C) stands in it: …`; "" without any."""
    found = lookalike(text)
    if found is None:
        return ""
    signs = dict.fromkeys(_ORDINARY[ord(each)] for each in text if not each.isascii() and ord(each) in _ORDINARY)
    few = [sign for sign in signs if sign and sign != " "]
    cure = found[1] if len(few) < 2 else f"type ordinary {' '.join(few)}"
    return f"{found[0]} stands in it: {cure}"


def meant_value(word: str, choices: Collection[str]) -> str:
    """The cure for a word that is not among the choices: what is meant by it, or `''`."""
    cleaned = ordinary(word).rstrip(",;.")
    exact = [each for each in choices if bare(each) == bare(cleaned)]
    known = exact or [each for each in _meanings(cleaned, _VALUES) if each in choices]
    if known:
        return f"did you mean '{known[0]}'?"
    hint = suggest(cleaned, choices)
    return hint if hint.startswith("did") else ""


def meant_kind(word: str, kinds: Collection[str]) -> str:
    """The cure for a kind that does not exist."""
    cleaned = ordinary(word).rstrip(",;.")
    known = [each for each in _meanings(cleaned, KINDS) if each in kinds]
    if not known and "architecture" in kinds and (preset := meant_preset(word)):
        return f"write 'kind: architecture' and '{preset}'"
    return f"did you mean '{known[0]}'?" if known else suggest(cleaned, kinds)


def meant_preset(word: str) -> str:
    """`preset: gpt-2` for a word that names a model of the literature, else `''`."""
    cleaned = bare(ordinary(word).rstrip(",;."))
    known = [each for each in _PRESETS if cleaned == bare(each) or cleaned in _VALUES[each].split()]
    return f"preset: {known[0]}" if known else ""
