"""A document's text in, the same text with a diagram in place of each block out.

Floor 3, the spine: find the blocks, read their options, compute and draw, splice, prove.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mdattn.blocks import drawn, find, may_hold_blocks, prove, splice
from mdattn.errors import Diagnostic, DiagramError, Excerpt, OptionError, Position

if TYPE_CHECKING:
    from pathlib import Path

    from mdattn.blocks import Replacement
    from mdattn.canvas import Diagram
    from mdattn.options import Common, Parsed, Tree


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document with its diagrams drawn, how many there are, and what its author should look at."""

    text: str
    blocks: int
    warnings: tuple[Diagnostic, ...]


def render(text: str, *, path: Path | None = None) -> str:
    """The document with each `attention-diagram` block replaced by its diagram.

    `path` is where the document stands: data files that a block names are looked up beside it. Raises DiagramError
    that holds every mistake of every block.
    """
    return render_document(text, path=path).text


def render_document(source: str, *, path: Path | None = None) -> Rendered:
    """As `render`, with the warnings. `source` may hold undecodable bytes as lone surrogates (surrogateescape)."""
    if not may_hold_blocks(source):
        return Rendered(source, 0, ())
    document = find(source)
    wrong = list(document.errors)
    replacements: list[Replacement] = []
    if document.blocks:
        defaults = _defaults(document.front_matter, wrong)
        folder = path.parent if path else None
        for block in document.blocks:
            try:
                diagram = draw(block.yaml, block.position, defaults, folder)
            except DiagramError as error:
                wrong.extend(error.diagnostics)
            else:
                replacements.append(drawn(block, diagram.lines))
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *document.warnings)))
    if not replacements:
        return Rendered(source, 0, document.warnings)
    result = splice(document, replacements)
    prove(document, replacements, result)
    return Rendered(result, len(replacements), document.warnings)


def diagram(options: str | Mapping[str, Any], *, folder: Path | None = None) -> str:
    """One diagram from the YAML of a block, or from its options as a mapping; it ends with a newline.

    Raises DiagramError; the positions are those in the YAML.
    """
    return "\n".join(draw_options(options, folder=folder).lines) + "\n"


def draw_options(options: str | Mapping[str, Any], *, folder: Path | None = None) -> Diagram:
    """As `diagram`, as lines and with the text alternative."""
    if isinstance(options, str):
        text = options.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        excerpt = Excerpt(text, tuple(Position(number, 1) for number in range(1, text.count("\n") + 2)))
        return draw(excerpt, Position(1, 1), None, folder)
    from mdattn.diagrams import KINDS
    from mdattn.options import of_mapping

    try:
        return _drawn(of_mapping(options, KINDS), folder)
    except OptionError as error:
        raise DiagramError(None, error.message, error.hint) from None


def draw(yaml: Excerpt, position: Position, defaults: Tree | None, folder: Path | None) -> Diagram:
    """The diagram of one block. Raises DiagramError with the block's mistakes in their places."""
    from mdattn.diagrams import KINDS
    from mdattn.options import read

    parsed = read(yaml, position, KINDS, defaults)
    try:
        return _drawn(parsed, folder)
    except OptionError as error:
        raise DiagramError.of([parsed.error(error)]) from None


def _drawn(parsed: Parsed[Common], folder: Path | None) -> Diagram:
    from mdattn.diagrams import KINDS
    from mdattn.options import Attention

    options = parsed.options
    if isinstance(options, Attention) and options.source is not None:
        from mdattn.diagrams._source import resolved

        options = resolved(options, folder)
    return KINDS[options.kind].draw(options, folder)


def _defaults(front_matter: Excerpt | None, wrong: list[Diagnostic]) -> Tree | None:
    """The front matter's defaults for every block; what is wrong with them is added to `wrong`."""
    if front_matter is None:
        return None
    from mdattn.options import defaults_of

    try:
        return defaults_of(front_matter)
    except DiagramError as error:
        wrong.extend(error.diagnostics)
        return None
