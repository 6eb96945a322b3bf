"""In-place documents: a block's YAML in a comment, its diagram behind it, and a marker that ends the two.

    <!-- attention-diagram
    kind: heatmap
    -->
    ```text
    ...
    ```
    <!-- /attention-diagram 1f3a9c02 0.1.0 -->

The three are consecutive siblings in one container, as the parser sees them. In the comment each `-->` has a backslash
more before its `>`, and `--!>` too, which ends a comment in a browser. The marker carries a checksum of the diagram,
so that an edit by hand is noticed before it is overwritten: the first 8 hexadecimal digits of BLAKE2b over the fence's
lines, each ended by a line feed (as `b2sum` counts). Behind it stands the version that drew the diagram; a marker whose
diagram is right keeps the version that it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import BLANKS
from mdattn.blocks._find import Block, Document, Place, admonished, stands_before
from mdattn.blocks._names import INFO, NAME, name_of_comment, words_of_comment
from mdattn.blocks._parse import Site, ending, span
from mdattn.blocks._splice import Piece, Replacement, fence_piece, fenced, standing
from mdattn.blocks._tokens import position_of, tabbed, unreadable
from mdattn.errors import Diagnostic, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it.token import Token

BEGIN = f"<!-- {NAME}"
END = f"<!-- /{NAME} -->"
_WRITE_END = f"write {END}"

_BEGINS = re.compile(rf"\s*<!--[ \t]*{NAME}[ \t]*(?:$|-->)", re.MULTILINE)
# What is no ASCII counts as a letter: which signs are letters, each Python knows otherwise.
_ENDS = re.compile(
    rf"\s*<!--[ \t]*/[ \t]*{NAME}(?![a-zA-Z0-9_]|[^\x00-\x7f\s]|-(?!->))(?:[ \t]+(?P<checksum>[0-9A-Za-z]+))?"
    r"(?:[ \t]+(?P<version>[0-9]+(?:\.[0-9A-Za-z+!]+)*))?(?P<closed>[ \t]*-->\s*\Z)?"
)
_STARTED = re.compile(rf"\s*<!--[ \t]*{NAME}:?[ \t]+(?:\{{[ \t]*)?[\"']?[a-z_]+[\"']?:[ \t\r\n]")
# What is drawn from options has one on the line below.
_GOES_ON = re.compile(r"<!--[^\n]*\n\s*(?:- )?[\"']?[a-z_]+[\"']?[ \t]*:")


class Region(NamedTuple):
    """A block in place: `position` is that of its comment, `result` what stands behind it, empty if nothing does.

    `fence` is the place of the result, None if there is none, and `marker` its sign; `end` is that of the end marker,
    and `checksum` and `version` what it says. `info` is that of the fence.
    """

    yaml: Excerpt
    position: Position
    result: str
    info: str
    fence: Place | None
    marker: str
    end: Place
    checksum: str
    version: str

    def edited(self, lines: Sequence[str]) -> bool:
        """Whether drawing these lines would lose what somebody wrote: a result that its checksum does not vouch for."""
        drawn = "".join(line + "\n" for line in lines)
        return bool(self.result.strip()) and self.result != drawn and self.checksum != checksum(self.result)

    def stale(self, lines: Sequence[str], version: str) -> tuple[str, str]:
        """What to say of a region that is to be refreshed with these lines by this version, and the cure."""
        cure = "run again without --check"
        if self.result == "".join(line + "\n" for line in lines) and self.info == INFO:
            return "the end marker does not hold the checksum of its diagram", cure
        message = "the diagram of this comment is not what its options give today"
        mine, other = _numbers(version), _numbers(self.version)
        if not other or mine == other:
            return message, cure
        message += f": it was drawn by mdattn {self.version}, and this is {version}"
        return message, "upgrade mdattn, the diagram is that of a newer one" if other > mine else cure


class Regions(NamedTuple):
    """The regions of a document, and what is wrong or doubtful about them, each in document order."""

    regions: tuple[Region, ...]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]


def _numbers(version: str) -> tuple[int, ...]:
    """What orders versions: their numbers."""
    return tuple(int(each[:9]) for each in re.findall(r"[0-9]+", version))


# The comment


def escape(yaml: str) -> str:
    """The text as it may stand in a comment: a backslash more in each arrow that could end it."""
    return re.sub(r"(--!?\\*)>", r"\1\\>", yaml)


def unescape(comment: str) -> str:
    """The text before `escape`."""
    return re.sub(r"(--!?\\*)\\>", r"\1>", comment)


def checksum(content: str) -> str:
    """What the end marker says of a fence's content."""
    from mdattn.digests import blake2b  # Only in-place documents need it.

    return blake2b(content.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _end_marker(content: str, version: str) -> str:
    return END.replace(" -->", f" {checksum(content)} {version} -->")


def _yaml(site: Site, lines: Sequence[str]) -> Excerpt:
    """What a comment holds, and where each of its lines stands in the document."""
    first, end = span(site.token)
    texts: list[str] = []
    starts: list[Position] = []
    dropped: list[int] = []
    length = 0
    for number, tail in zip(range(first + 1, end), site.content.split("\n")[1:], strict=False):
        starts.append(Position(number + 1, len(lines[number].rstrip("\r\n")) - len(tail) + 1))
        held, arrow, _ = tail.partition("-->")
        escapes = enumerate(re.finditer(r"--!?\\+>", held), 1)
        dropped += [length + match.end() - 1 - count for count, match in escapes]
        texts.append("" if arrow and not held.strip() else unescape(held))
        length += len(texts[-1]) + 1
    return Excerpt("\n".join(texts), tuple(starts) or (position_of(site),), tuple(dropped))


# Finding


def regions(document: Document) -> Regions:
    """The regions of a document: what stands between a comment that begins one and the marker that ends it."""
    tokens = document.parsed.tokens
    sites = {id(site.token): site for site in document.parsed.comments}
    inside = admonished(tokens)
    found: list[Region] = []
    errors: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    ended: set[int] = set()
    slipped = False
    for index, token in enumerate(tokens):
        site = sites.get(id(token))
        if site is None or not (_BEGINS.match(site.content) or _ENDS.match(site.content)):
            for slip in _hidden(token, document.lines):
                # An end goes with the beginning that was told of.
                if slip.hint != _WRITE_END or not slipped:
                    warnings.append(slip)
                slipped = slip.hint != _WRITE_END
        elif _BEGINS.match(site.content):
            follow = _following(tokens, index, sites)
            ended.update(id(each) for each in follow if _ends(each, sites))
            fault = _fault(site, follow, document.lines, sites)
            if fault:
                errors.append(fault)
            else:
                end = sites[id(follow[-1])]
                fence = follow[0] if len(follow) == 2 else None
                found.append(_region(site, fence, end, document.lines, id(end.token) in inside))
        elif id(token) not in ended:
            errors.append(_orphan(site))
    return Regions(tuple(found), tuple(errors), tuple(warnings))


def _ends(token: Token, sites: Mapping[int, Site]) -> re.Match[str] | None:
    """What an end marker says, if the token is one."""
    return _ENDS.match(sites[id(token)].content) if id(token) in sites else None


def _following(tokens: Sequence[Token], index: int, sites: Mapping[int, Site]) -> list[Token]:
    """The siblings behind a comment up to the end marker; up to what comes first if there is none."""
    siblings: list[Token] = []
    level = tokens[index].level
    for token in tokens[index + 1 :]:
        if token.level < level or (id(token) in sites and _BEGINS.match(sites[id(token)].content)):
            break
        if token.level == level:
            siblings.append(token)
            if _ends(token, sites):
                return siblings
    return siblings[:1]


def _fault(site: Site, follow: Sequence[Token], lines: Sequence[str], sites: Mapping[int, Site]) -> Diagnostic | None:
    """The first thing that is wrong with the form of a region."""
    position = position_of(site)
    if fault := tabbed(site):
        return fault
    if not site.closed:
        cure = "end it with a line -->, and keep its lines as deep in lists and quotes as its first"
        return Diagnostic(position, f"this {NAME} comment is never closed", cure)
    if site.content.partition("-->")[2].strip():
        return Diagnostic(position, "text stands behind the --> of this comment", "put it on a line of its own")
    if fault := unreadable(site, lines):
        return fault
    end = _ends(follow[-1], sites) if follow else None
    if end is None:
        return Diagnostic(position, f"this {NAME} comment has no end marker", _missing_end(follow))
    if not end["closed"]:
        place = _margin(span(follow[-1])[0], lines)
        return Diagnostic(place, "an end marker holds a checksum, a version and nothing else", f"write {END}")
    between = follow[:-1]
    stranger = next((each for each in between if not _is_result(each)), between[1] if len(between) > 1 else None)
    if stranger:
        message = f"something else than one fence of '{INFO}' stands between an {NAME} comment and its end marker"
        return Diagnostic(_margin(span(stranger)[0], lines), message, f"move it out, or write {END} before it")
    return None


def _is_result(token: Token) -> bool:
    return token.type == "fence" and token.info.strip() in ("", INFO)


def _margin(number: int, lines: Sequence[str]) -> Position:
    """Where the text of a line begins, behind quotes and blanks."""
    return Position(number + 1, len(lines[number]) - len(lines[number].lstrip(" \t>")) + 1)


def _missing_end(follow: Sequence[Token]) -> str:
    if follow and follow[0].type == "fence":
        if f"/{NAME}" in follow[0].content:
            return f"close the fence above {END}"
        return f"write {END} behind its fence, as deep in lists and quotes as the comment"
    return f"write {END} behind it, as deep in lists and quotes as the comment"


def _orphan(site: Site) -> Diagnostic:
    cure = f"it begins with a line {BEGIN} that holds nothing else, as deep in lists and quotes as this one"
    return Diagnostic(position_of(site), "this end marker ends nothing", cure)


def _hidden(token: Token, lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Comments that would begin or end a region, if nothing stood before them and if their first line were right."""
    if token.type not in ("html_block", "inline") or "<!--" not in token.content:
        return
    text = token.content
    line, at = span(token)[0] + 1, 0
    for match in re.finditer(r"<!--.*?-->|<!--.*\Z", text, re.DOTALL):
        line += text.count("\n", at, match.start())
        at = match.start()
        if token.type == "html_block":
            finding = _slip(match[0], is_first=not text[:at].strip())
        else:
            finding = _slip(match[0], is_first=False) if _GOES_ON.match(match[0]) else None
        if finding:
            column = lines[line - 1].find("<!--") + 1
            yield Diagnostic(Position(line, max(1, column)), *finding, severity="warning")


def _slip(comment: str, *, is_first: bool) -> tuple[str, str] | None:
    """What keeps a comment from being the one that its author meant, and the cure; None where it is not meant so."""
    if not is_first and (_BEGINS.match(comment) or _STARTED.match(comment)):
        return "no diagram here: the comment stands inside an HTML block or a text", "put a blank line before it"
    if _BEGINS.match(comment) or _ENDS.match(comment):
        return None
    if _STARTED.match(comment):
        message = "this comment keeps no diagram: its options begin in its first line"
        return message, f"begin them on the line after {BEGIN}"
    head = comment.partition("\n")[0].removeprefix("<!--").lstrip("- \t")
    if name_of_comment(head) is None:
        return None
    words, ends = words_of_comment(head), head.startswith(("/", "end"))
    # Comments that speak of a diagram are longer, and have no options below.
    if len(words) > 1 + ends and not _GOES_ON.match(comment):
        return None
    wrong = "its first line holds something else" if words == [NAME] else f"{' '.join(words)!r} is not {NAME!r}"
    return (
        (f"this comment ends no diagram: {wrong}", _WRITE_END)
        if ends
        else (f"this comment keeps no diagram: {wrong}", f"write {BEGIN}")
    )


def _region(site: Site, fence: Token | None, end: Site, lines: Sequence[str], in_admonition: bool) -> Region:
    match = _ENDS.match(end.content)
    assert match is not None
    line_ending = ending(lines[span(site.token)[0]])

    def place(token: Token, first_prefix: str) -> Place:
        first, last = span(token)
        return Place(
            first_line=first,
            end_line=last,
            first_prefix=first_prefix,
            rest_prefix=end.rest_prefix,
            blank_prefix=end.rest_prefix.rstrip(BLANKS),
            line_ending=line_ending,
            last_ending=ending(lines[last - 1]),
            around=end.around,
            in_admonition=in_admonition,
        )

    return Region(
        yaml=_yaml(site, lines),
        position=position_of(site),
        result=fence.content if fence else "",
        info=fence.info.strip() if fence else "",
        fence=place(fence, end.rest_prefix) if fence else None,
        marker=fence.markup[0] if fence else "`",
        end=place(end.token, stands_before(end, lines)),
        checksum=match["checksum"] or "",
        version=match["version"] or "",
    )


# Replacing


def kept(block: Block, lines: Sequence[str], version: str) -> Replacement:
    """The diagram of this version with its source in a comment before it, in the place of a block."""
    comment = [BEGIN, *escape(block.yaml.text).split("\n")[:-1], "-->"]
    fence = fenced(lines, block.fence[0], block.place.around)
    piece = fence_piece(lines, len(comment))
    marker = _end_marker(piece.content, version)
    new = list(standing(block.place, [*comment, *fence, marker]))
    # Some parsers end a comment in a list at an empty line that is not indented.
    prefix = block.place.rest_prefix
    deep = prefix.rpartition(">")[2].removeprefix(" " if ">" in prefix else "")
    for index, text in enumerate(comment):
        if deep and not text:
            new[index] = prefix + block.place.line_ending
    pieces = (
        Piece("html_block", "", "\n".join(comment), 0, len(comment)),
        piece,
        Piece("html_block", "", marker, piece.end_line, piece.end_line + 1),
    )
    return Replacement(block.place, tuple(new), pieces)


def refreshed(region: Region, lines: Sequence[str], version: str) -> tuple[Replacement, ...]:
    """What it takes to have this version's diagram in the region; nothing where it stands there with its checksum."""
    piece = fence_piece(lines, 0)
    marker = _end_marker(piece.content, version)
    said = Piece("html_block", "", marker, 0, 1)
    fence = fenced(lines, region.marker, region.end.around)
    if region.fence is None:
        moved = said._replace(first_line=len(fence), end_line=len(fence) + 1)
        return (Replacement(region.end, standing(region.end, [*fence, marker]), (piece, moved)),)
    replacements = []
    if (region.info, region.result) != (INFO, piece.content):
        replacements.append(Replacement(region.fence, standing(region.fence, fence), (piece,)))
    if region.checksum != checksum(piece.content):
        replacements.append(Replacement(region.end, standing(region.end, [marker]), (said,)))
    return tuple(replacements)
