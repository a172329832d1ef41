"""Finds out how a table's text is encoded, and converts both ways without losing a byte.

Undecodable bytes become lone surrogates and turn back into the same bytes on writing. That is what
lets the rest of the connector work on text and still keep every untouched byte of a table.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from worker.errors import FixDataError

CHUNK_BYTES = 1 << 18
ENCODINGS = ("auto", "utf-8", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1", "iso-8859-15")

UNDECODABLE = re.compile("[\ud800-\udfff]")
"""In a decoded text every surrogate is a lone one, and stands for a byte that was not text."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel workbook or a zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (codecs.BOM_UTF32_LE, "UTF-32 text"),
    (codecs.BOM_UTF32_BE, "UTF-32 text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEncoding:
    """A codec, the byte-order mark that preceded the text, and whether the codec is only a guess."""

    codec: str
    bom: bytes = b""
    is_guessed: bool = False

    @property
    def is_wide(self) -> bool:
        return self.codec.startswith("utf-16")

    @property
    def errors(self) -> str:
        """The error handler that makes decoding reversible."""
        return "surrogatepass" if self.is_wide else "surrogateescape"

    def encode(self, text: str) -> bytes:
        """Give back the bytes that ``text`` was read from."""
        return text.encode(self.codec, self.errors)

    def can_encode(self, text: str) -> bool:
        """Say whether a new text can be written, and read back as it is."""
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return "\0" not in text


def find_encoding(path: Path, declared: str) -> TextEncoding:
    """Take the byte-order mark's word, then the field map's, then the content's.

    Raises ``FixDataError`` when the file is not text at all.
    """
    with path.open("rb") as file:
        head = file.read(CHUNK_BYTES)
        _refuse_other_files(head, path.name)
        for bom, codec in _BOMS:
            if head.startswith(bom):
                return TextEncoding(codec=codec, bom=bom)
        if declared != "auto":
            return TextEncoding(codec=declared)
        _refuse_binary(head, path.name)
        file.seek(0)
        return _guess(file)


def _refuse_other_files(head: bytes, name: str) -> None:
    for magic, what in _OTHER_FILES:
        if head.startswith(magic):
            raise FixDataError(f"{name} is {what}, not a text table. Export it as CSV in UTF-8.")


def _refuse_binary(head: bytes, name: str) -> None:
    if head.count(b"\0") * 10 > len(head):
        raise FixDataError(
            f"{name} is not text: too many of its bytes are zero. If it is UTF-16 without a"
            " byte-order mark, set the option `encoding`; else export it again."
        )


def _guess(file: BinaryIO) -> TextEncoding:
    """Choose between UTF-8 with some damaged bytes and cp1252, by which explains more of the file.

    A character cut off by the end of the file counts for neither.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    while chunk := file.read(CHUNK_BYTES):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        escaped = len(UNDECODABLE.findall(text))
        bad += escaped
        good += len(text) - len(text.encode("ascii", "ignore")) - escaped
    if good >= bad:
        return TextEncoding(codec="utf-8")
    return TextEncoding(codec="cp1252", is_guessed=True)
