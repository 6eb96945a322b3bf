"""The table of commands."""

from __future__ import annotations

from collections.abc import Mapping

from mdattn.cli._arguments import (
    Command,
    kinds_arguments,
    output_format,
    render_arguments,
    show_arguments,
    update_arguments,
)
from mdattn.cli._blocks import kinds, schema, show
from mdattn.cli._documents import render, update

COMMANDS: Mapping[str, Command] = {
    "render": Command(
        "draft in, publishable Markdown or HTML out",
        "Replace each attention-diagram block by its diagram, and change no other byte.\n\n"
        "A folder stands for every *.md and *.markdown below it; hidden ones, node_modules, virtual\n"
        "environments and links to folders are left out. If any block is wrong, each is reported as\n"
        "FILE:LINE:COL: error: message, nothing is written, and the exit status is 2. --check and --diff\n"
        "write nothing, and exit 1 where DEST is not what SRC gives today; --check takes every warning for\n"
        "an error.",
        render_arguments,
        render,
        (
            "mdattn render draft.md > post.md",
            "mdattn render drafts -o posts",
            "mdattn render drafts -o posts --exclude notes/",
            "mdattn render drafts -o posts --check --diff --output-format github",
            "mdattn render draft.md --to html -o post.html",
            "mdattn render README.md --keep-source -o README.md.new",
        ),
    ),
    "update": Command(
        "documents that keep each block in a comment before its diagram",
        "Draw each diagram anew from the comment before it, where it stands, and change no other byte:\n\n"
        "  <!-- attention-diagram\n"
        "  kind: heatmap\n"
        "  text: The cat sat\n"
        "  -->\n"
        "  <!-- /attention-diagram -->\n\n"
        "`mdattn render --keep-source` makes these of fences, which `update` itself leaves alone. A --> in the\n"
        "options is written --\\>. If anything is wrong, it is reported, nothing is written, and the exit status\n"
        "is 2. A diagram that was edited by hand is wrong unless --force is given. --check and --diff write\n"
        "nothing, and exit 1 where a diagram is not what its options give today; for --check one that was\n"
        "edited by hand is such a diagram, and every warning an error.",
        update_arguments,
        update,
        ("mdattn update README.md", "mdattn update README.md docs --check --diff"),
    ),
    "show": Command(
        "one block's YAML to its diagram, on the terminal",
        "Draw the diagram that the YAML of one block describes.",
        show_arguments,
        show,
        ("mdattn show block.yaml", "echo '{kind: flow, text: The cat sat, query: sat}' | mdattn show"),
    ),
    "kinds": Command(
        "the kinds of diagram and their options",
        "List the kinds of diagram, or describe one: its options, and an example with its diagram.",
        kinds_arguments,
        kinds,
        ("mdattn kinds", "mdattn kinds flow"),
    ),
    "schema": Command(
        "the JSON Schema of the options, for editors",
        "Print the JSON Schema of a block's options: name it in an editor to have them completed and checked.",
        output_format,
        schema,
        ("mdattn schema > attention-diagram.schema.json",),
    ),
}
