"""`python -m mdattn` is the command `mdattn`. Floor 5."""

import sys

from mdattn.cli import main

if __name__ == "__main__":
    sys.exit(main())
