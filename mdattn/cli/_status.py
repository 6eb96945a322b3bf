"""What the command leaves behind.

0 fine; 1 `--check` or `--diff` found a difference; 2 a bad document, a missing file or wrong usage, which outranks 1;
130 interrupted (Ctrl-C); 141 the reader of standard output went away (SIGPIPE).
"""

FINE, DIFFERENT, WRONG, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141
