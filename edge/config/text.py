"""Text files as people save them, on Windows too."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""Byte order marks, the longer before what it begins with."""


class NotText(ValueError):
    """A file that is not UTF-8; `problem` says where, `remedy` what to do, with {} for the name of the file."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}; {remedy}")


def decode(raw: bytes) -> str:
    """Return the text of a file: UTF-8 with or without a byte order mark, or UTF-16 or UTF-32 with one.

    Raises:
        NotText: it is something else.

    """
    encoding = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in raw:
        remedy = "save it as UTF-8: iconv -f UTF-16LE -t UTF-8 {0} > {0}.new"
        raise NotText("is not UTF-8 text: it holds zero bytes, as UTF-16 does", remedy)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8: byte 0x{raw[error.start]:02X} in line {line}"
        remedy = "save it as UTF-8, or, if it was written on Windows: iconv -f WINDOWS-1252 -t UTF-8 {0} > {0}.new"
        raise NotText(problem, remedy) from error
