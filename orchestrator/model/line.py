"""Text that people read on one line: nothing in it may move a cursor, hide itself or pass for another line.

Plain functions, so that the command line can report errors without loading pydantic.
"""

import re

LONGEST_LINE = 200
LONGEST_WORD_SHOWN = 300
WORD_START_SHOWN = 100


def check_line(text: str) -> str:
    """The text as it is; ValueError where a part of it cannot be seen, or it is longer than any name."""
    if not text.isprintable():
        raise ValueError(f"{text[:LONGEST_LINE]!r} holds characters that cannot be seen")
    if len(text) > LONGEST_LINE:
        raise ValueError(f"{text[:20]!r}… is {len(text)} characters long, and {LONGEST_LINE} is the most")
    return text


def escape_line(text: str) -> str:
    r"""The text with each character that cannot be seen written out, as in "\x1b[31m"; a line break too."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def escape_lines(text: str) -> str:
    """The same for text of several lines, which stay lines; a word longer than anyone reads is cut."""
    shown = "\n".join(escape_line(line.expandtabs()) for line in text.split("\n"))
    return re.sub(rf"\S{{{LONGEST_WORD_SHOWN},}}", lambda word: f"{word[0][:WORD_START_SHOWN]}…", shown)
