"""What can be done to a document: its blocks rendered, its regions updated, a page made of it.

`render` is imported when a document has something to draw.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from mdattn.blocks import may_hold_blocks, may_hold_regions
from mdattn.drafts._compute import Work, Worked

if TYPE_CHECKING:
    from pathlib import Path

    from mdattn.drafts._plan import Draft
    from mdattn.files import Files


def rendering(*, keep_source: bool = False) -> Work:
    """Each block becomes its diagram; `keep_source` leaves its YAML in a comment before it."""
    files = _data_files()

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        from mdattn.document import render_document

        rendered = render_document(text, path=path, keep_source=keep_source, files=files())
        placed = rendered.diagrams
        return Worked(rendered.text, rendered.warnings, diagrams=len(placed), placed=placed)

    return Work(may_hold_blocks, run)


def updating(*, force: bool = False) -> Work:
    """Each diagram that keeps its source in a comment is drawn anew; `force` overwrites those edited by hand.

    A document without one is as it should be: a hook names all that there are.
    """
    files = _data_files()

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        from mdattn.document import update_document

        updated = update_document(text, path=path, force=force, files=files())
        return Worked(updated.text, updated.warnings, updated.drift, updated.regions)

    return Work(may_hold_regions, run)


def paging() -> Work:
    """The document with its diagrams becomes an HTML page."""
    files = _data_files()

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        from mdattn.drafts._page import page

        return page(text, path, files())

    return Work(lambda text: True, run)


def _data_files() -> Callable[[], Files]:
    """The data files of one run: the documents that it works on share them."""

    @cache
    def files() -> Files:
        from mdattn.files import Files

        return Files()

    return files
