"""What can be done to a document: its blocks rendered, its regions updated, a page made of it.

`render` is imported when a document has something to draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdattn.blocks import may_hold_blocks, may_hold_regions
from mdattn.drafts._compute import Work, Worked
from mdattn.errors import Diagnostic

if TYPE_CHECKING:
    from pathlib import Path

    from mdattn.drafts._plan import Draft


def rendering(*, keep_source: bool = False) -> Work:
    """Each block becomes its diagram; `keep_source` leaves its YAML in a comment before it."""

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        from mdattn.render import render_document

        rendered = render_document(text, path=path, keep_source=keep_source)
        return Worked(rendered.text, rendered.warnings, diagrams=len(rendered.diagrams))

    return Work(may_hold_blocks, run)


def updating(*, force: bool = False) -> Work:
    """Each diagram that keeps its source in a comment is drawn anew; `force` overwrites those edited by hand."""

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        if may_hold_regions(text):
            from mdattn.render import update_document

            updated = update_document(text, path=path, force=force)
            warnings = updated.warnings
            if updated.regions or warnings or draft.found:
                return Worked(updated.text, warnings, updated.drift, updated.regions)
        elif draft.found:
            return Worked(text)
        cure = "`mdattn render --keep-source` makes one of a block"
        return Worked(text, (Diagnostic(None, "no diagram here keeps its source in a comment", cure, "warning"),))

    return Work(lambda text: True, run)


def paging() -> Work:
    """The document with its diagrams becomes an HTML page."""

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        from mdattn.drafts._page import page

        return page(text, path)

    return Work(lambda text: True, run)
