"""A document's text in, the same text with a diagram in place of each block out.

Floor 4, the spine: find the blocks, read their options, compute and draw, splice, prove.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from mdattn import __version__
from mdattn.blocks import may_hold_blocks, may_hold_regions
from mdattn.errors import Diagnostic, DiagramError, DiagramWarning, Drift, Excerpt, OptionError, Position

if TYPE_CHECKING:
    from os import PathLike

    from mdattn.blocks import Block, Document, Front, Parsed, Replacement
    from mdattn.diagrams._kind import Diagram
    from mdattn.files import Files
    from mdattn.options import Defaults


class Placed(NamedTuple):
    """A diagram in a result: where its block stands in the draft, and its lines, the first of them on `first_line`.

    `first_line` is that of the result, from 1; the lines are without what their containers put before them.
    """

    position: Position
    first_line: int
    lines: tuple[str, ...]


class Rendered(NamedTuple):
    """A document with its diagrams drawn, where these stand, and what its author should look at."""

    text: str
    diagrams: tuple[Placed, ...]
    warnings: tuple[Diagnostic, ...]


class Updated(NamedTuple):
    """An in-place document with its diagrams drawn anew, how many it holds, and what its author should look at.

    `drift` has an error for each diagram that was not what its options give today.
    """

    text: str
    regions: int
    warnings: tuple[Diagnostic, ...]
    drift: tuple[Diagnostic, ...]


class Drawings(NamedTuple):
    """The diagrams of a document's blocks, in their order; no document where there cannot be a block."""

    document: Document | None
    diagrams: tuple[tuple[Block, Diagram], ...]
    warnings: tuple[Diagnostic, ...]


def render(text: str, *, path: str | PathLike[str] | None = None) -> str:
    """The document with each `attention-diagram` block replaced by its diagram.

    `path` is where the document stands: data files that a block names are looked up beside it. Raises DiagramError
    that holds every mistake of every block.
    """
    _check_type(text, str, "a document is text")
    rendered = render_document(text, path=path)
    warn(rendered.warnings, path)
    return rendered.text


def render_document(
    source: str, *, path: str | PathLike[str] | None = None, keep_source: bool = False, files: Files | None = None
) -> Rendered:
    """As `render`, with the warnings. `source` may hold undecodable bytes as lone surrogates (surrogateescape).

    `keep_source` leaves each block's YAML in a comment before its diagram, for `update_document`. `files` are the data
    files that documents of the same run have opened, and are added to.
    """
    drawings = draw_document(source, path=path, spoken=False, files=files)
    if drawings.document is None or not drawings.diagrams:
        return Rendered(source, (), drawings.warnings)
    from mdattn.blocks import drawn

    if keep_source:
        from mdattn.blocks import kept

        replacements = [kept(block, diagram.lines, __version__) for block, diagram in drawings.diagrams]
    else:
        replacements = [drawn(block, diagram.lines) for block, diagram in drawings.diagrams]
    text = _proved(drawings.document, replacements)
    placed = []
    grown = 0
    for (block, diagram), replacement in zip(drawings.diagrams, replacements, strict=True):
        fence = next(piece for piece in replacement.pieces if piece.type == "fence")
        place = replacement.place
        placed.append(Placed(block.position, place.first_line + grown + fence.first_line + 2, diagram.lines))
        grown += len(replacement.lines) - (place.end_line - place.first_line)
    return Rendered(text, tuple(placed), drawings.warnings)


def draw_document(
    source: str,
    *,
    path: str | PathLike[str] | None = None,
    parsed: Parsed | None = None,
    spoken: bool = True,
    files: Files | None = None,
) -> Drawings:
    """The diagrams of a document's blocks, `spoken` with their words. Raises DiagramError with every mistake.

    `parsed` is what a parser that watches for blocks has made of the source, where it had to be parsed anyway.
    """
    if not may_hold_blocks(source):
        return Drawings(None, (), ())
    from mdattn.blocks import find, heard, misfit

    document = find(source, parsed=parsed)
    wrong = list(document.errors)
    doubts = list(document.warnings)
    diagrams = _drawn(document.blocks, document.front, path, wrong, doubts, spoken=spoken, files=files)
    for block, diagram in diagrams:
        if fault := misfit(block.place, diagram.lines, block.fence[0]):
            wrong.append(Diagnostic(block.position, *fault))
    spans = ((block.place.first_line, block.place.end_line) for block in document.blocks)
    warnings = heard(document.lines, dict.fromkeys(doubts), spans)
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *warnings)), path)
    return Drawings(document, tuple(diagrams), warnings)


def update_document(
    source: str, *, path: str | PathLike[str] | None = None, force: bool = False, files: Files | None = None
) -> Updated:
    """An in-place document with each diagram drawn anew from the comment before it.

    Raises DiagramError with every mistake of every region; a diagram that was edited by hand is one, but for `force`.
    """
    if not may_hold_regions(source):
        return Updated(source, 0, (), ())
    from mdattn.blocks import find, heard, misfit, refreshed, regions

    document = find(source)
    found = regions(document)
    wrong = list(found.errors)
    replacements: list[Replacement] = []
    drift: list[Diagnostic] = []
    doubts = [*document.front_warnings, *found.warnings, *(_not_in_place(document) if found.regions else ())]
    for region, diagram in _drawn(found.regions, document.front, path, wrong, doubts, files=files):
        needed = refreshed(region, diagram.lines, __version__)
        replacements += needed
        edited = region.edited(diagram.lines)
        if fault := misfit(region.end, diagram.lines, region.marker):
            wrong.append(Diagnostic(region.position, *fault))
        elif edited and not force:
            wrong.append(Diagnostic(region.position, _BY_HAND, "change its options, or let --force overwrite it"))
        elif needed:
            stale = (_BY_HAND, "--force overwrites it") if edited else region.stale(diagram.lines, __version__)
            change = Drift.between(region.result.split("\n")[:-1], diagram.lines)
            drift.append(Diagnostic(region.position, *stale, drift=change))
    spans = ((region.position.line - 1, region.end.end_line) for region in found.regions)
    warnings = heard(document.lines, dict.fromkeys(doubts), spans)
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *warnings)), path)
    text = _proved(document, replacements) if replacements else source
    return Updated(text, len(found.regions), warnings, tuple(drift))


def _not_in_place(document: Document) -> Iterator[Diagnostic]:
    """What, among diagrams that are drawn in place, was meant as one and is not: a fence, or what resembles one."""
    yield from document.warnings
    for error in document.errors:
        yield error._replace(severity="warning")
    for block in document.blocks:
        message = "this block is not drawn: the diagrams of this document are drawn behind comments"
        yield Diagnostic(block.position, message, "put its options into a comment with an end marker", "warning")


_BY_HAND = "the diagram of this comment was edited by hand"


class HasYaml(Protocol):
    """A block, the fence of one, or a region: YAML in its place."""

    @property
    def yaml(self) -> Excerpt: ...
    @property
    def position(self) -> Position: ...


_Yaml = TypeVar("_Yaml", bound=HasYaml)


def _drawn(
    sources: Sequence[_Yaml],
    front: Front,
    path: str | PathLike[str] | None,
    wrong: list[Diagnostic],
    doubts: list[Diagnostic],
    *,
    spoken: bool = False,
    files: Files | None = None,
) -> list[tuple[_Yaml, Diagram]]:
    """Each block that can be drawn, with its diagram."""
    diagrams = draw_each(sources, front, path, wrong, doubts, spoken=spoken, files=files)
    return [(each, diagram) for each, diagram in zip(sources, diagrams, strict=True) if diagram is not None]


def draw_each(
    sources: Sequence[HasYaml],
    front: Front,
    path: str | PathLike[str] | None,
    wrong: list[Diagnostic],
    doubts: list[Diagnostic],
    *,
    spoken: bool = True,
    files: Files | None = None,
) -> list[Diagram | None]:
    """The diagrams of a document's blocks, `spoken` with their words; None where a block has a mistake.

    What is wrong with blocks, or with their defaults in the front matter, is added to `wrong`; what is doubtful, to
    `doubts`.
    """
    if not sources:
        return []
    defaults = _defaults(front, wrong)
    folder = None
    if path is not None:
        from pathlib import Path

        folder = Path(path).parent
    if files is None:
        from mdattn.files import Files

        files = Files()
    files.begin()
    diagrams: list[Diagram | None] = [None] * len(sources)
    work = characters = 0
    for number, each in enumerate(sources):
        try:
            drawn = draw(each.yaml, each.position, defaults, folder, doubts, files=files)
        except DiagramError as error:
            wrong.extend(error.diagnostics)
            continue
        work += drawn.work
        characters += sum(map(len, drawn.lines))
        if fault := _too_much(work, characters):
            wrong.append(Diagnostic(each.position, *fault))
            break
        # What could still make the words holds all that was computed: too much to keep, of a long document.
        diagrams[number] = drawn._replace(words=drawn.alternative if spoken else "")
    return diagrams


MOST_WORK = 2**26  # numbers that the diagrams of one document are computed from: those of four of the largest
MOST_CHARACTERS = 2**24  # that they take


def _too_much(work: int, characters: int) -> tuple[str, str] | None:
    """What to say where a few lines in a front matter would make many large diagrams, and the cure."""
    cure = "draw fewer heads or a part of the text, or part the document"
    if work > MOST_WORK:
        return f"the diagrams down to this one come of {work:,} numbers; at most {MOST_WORK:,} are computed", cure
    if characters > MOST_CHARACTERS:
        problem = f"the diagrams down to this one take {characters:,} characters; at most {MOST_CHARACTERS:,} are drawn"
        return problem, cure
    return None


def _proved(document: Document, replacements: Sequence[Replacement]) -> str:
    """The document with the replacements in their places, and nothing else changed."""
    from mdattn.blocks import prove, splice

    result = splice(document, replacements)
    prove(document, replacements, result)
    return result


def diagram(options: str | Mapping[str, Any], *, folder: str | PathLike[str] | None = None) -> str:
    """One diagram from the YAML of a block, or from its options as a mapping; it ends with a newline.

    `folder` is where data files that the block names are looked up. Raises DiagramError; the positions are those in
    the YAML. What is doubtful is a DiagramWarning.
    """
    doubts: list[Diagnostic] = []
    drawn = draw_options(options, folder=folder, doubts=doubts)
    warn(doubts)
    return "\n".join(drawn.lines) + "\n"


def _check_type(value: object, type_: type, needed: str) -> None:
    """Callers from Python are told what is wrong in the same way as authors."""
    if not isinstance(value, type_):
        raise DiagramError(None, f"{needed}, not {'None' if value is None else type(value).__name__}")


def warn(doubts: Sequence[Diagnostic], path: str | PathLike[str] | None = None) -> None:
    """Say what is doubtful in Python's way, as if the line of the document were one of Python's."""
    if not doubts:
        return
    from warnings import warn_explicit

    for each in doubts:
        line, column = each.position or (1, 1)
        name = "<document>" if path is None else str(path)
        warn_explicit(f"{line}:{column}: {each.text()}", DiagramWarning, name, line)


def draw_options(
    options: str | Mapping[str, Any],
    *,
    folder: str | PathLike[str] | None = None,
    doubts: list[Diagnostic] | None = None,
) -> Diagram:
    """As `diagram`, as lines and with the text alternative; what is doubtful is added to `doubts`."""
    if isinstance(options, str):
        text = options.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        excerpt = Excerpt(text, tuple(Position(number, 1) for number in range(1, text.count("\n") + 2)))
        return draw(excerpt, Position(1, 1), None, folder, doubts)
    _check_type(options, Mapping, "the options of a diagram are YAML text or a mapping")
    from mdattn import diagrams
    from mdattn.files import Files
    from mdattn.options import of_mapping

    try:
        return diagrams.draw(of_mapping(options, diagrams.KINDS), folder, Files())
    except OptionError as error:
        raise DiagramError(None, error.message, error.hint) from None


def draw(
    yaml: Excerpt,
    position: Position,
    defaults: Defaults | None,
    folder: str | PathLike[str] | None,
    doubts: list[Diagnostic] | None = None,
    *,
    files: Files | None = None,
) -> Diagram:
    """The diagram of one block; what is doubtful is added to `doubts`.

    `files` are the data files that blocks of the same document have opened, and are added to. Raises DiagramError with
    the block's mistakes in their places.
    """
    from mdattn import diagrams
    from mdattn.files import Files
    from mdattn.options import parse, read

    parsed = read(parse(yaml), position, diagrams.KINDS, defaults)
    try:
        diagram = diagrams.draw(parsed.options, folder, Files() if files is None else files)
    except OptionError as error:
        raise DiagramError.of([parsed.error(error), *parsed.warnings]) from None
    if doubts is not None:
        doubts += parsed.warnings
    return diagram


def holds_defaults(matter: Excerpt) -> bool:
    """Whether a front matter in YAML says anything of all blocks, or was to say it."""
    import re

    from mdattn.blocks import NAME
    from mdattn.options import defaults_of

    try:
        return defaults_of(matter) is not None
    except DiagramError:  # Which `render` tells of.
        return re.search(rf"(?m)^[\"']?{NAME}[\"']?[ \t]*:", matter.text) is not None


def _defaults(front: Front, wrong: list[Diagnostic]) -> Defaults | None:
    """The front matter's defaults for every block; what is wrong with them is added to `wrong`."""
    if front.matter is None:
        return None
    from mdattn.options import defaults_of

    try:
        return defaults_of(front.matter, front.language)
    except DiagramError as error:
        wrong.extend(error.diagnostics)
        return None
