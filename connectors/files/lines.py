"""Reads a table's bytes as physical lines, hashing them on the way.

Lines end with LF, CR or CRLF, in any mixture, and keep their ending. The characters that Python
calls line boundaries beside these (form feed, U+2028 and so on) are ordinary text in a table.
Memory stays flat: a line longer than ``MAX_LINE`` comes in pieces.
"""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from connectors.files.encodings import CHUNK_BYTES, TextEncoding

MAX_LINE = 4 << 20
LINE_ENDS = ("\n", "\r")


class LineReader:
    """Gives the lines of one table in lists, one list for each chunk of bytes.

    ``digest`` and ``bytes_read`` cover what was read so far; ``tail`` holds, once all is read, the
    odd byte at the end of a cut UTF-16 table, which is no text and must still not be lost.
    """

    __slots__ = ("_chunk_bytes", "_encoding", "_file", "_hash", "bytes_read", "tail")

    def __init__(
        self, file: BinaryIO, encoding: TextEncoding, *, chunk_bytes: int = CHUNK_BYTES
    ) -> None:
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._encoding = encoding
        self._hash = hashlib.blake2b(digest_size=16)
        self.bytes_read = 0
        self.tail = b""

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def chunks(self) -> Iterator[list[str]]:
        """Yield lists of lines, each with its ending; only the last line may have none."""
        self._read(len(self._encoding.bom))
        rest = ""
        for text in self._texts():
            rest += text
            cut = _end_of_last_line(rest)
            if cut:
                yield split_lines(rest[:cut])
                rest = rest[cut:]
            elif len(rest) >= MAX_LINE and not rest.endswith("\r"):
                yield [rest]
                rest = ""
        if rest:
            yield split_lines(rest)

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        self.bytes_read += len(data)
        return data

    def _texts(self) -> Iterator[str]:
        codec = codecs.getincrementaldecoder(self._encoding.codec)(self._encoding.errors)
        while data := self._read(self._chunk_bytes):
            yield codec.decode(data)
        if not self._encoding.is_wide:
            yield codec.decode(b"", final=True)
            return
        pending = codec.getstate()[0]
        whole = len(pending) // 2 * 2
        self.tail = pending[whole:]
        yield pending[:whole].decode(self._encoding.codec, self._encoding.errors)


def split_lines(text: str) -> list[str]:
    """Split after every LF, CR and CRLF, keeping the endings."""
    return io.StringIO(text, newline="").readlines()


def _end_of_last_line(text: str) -> int:
    """Find where the last certain line ends; a CR at the very end may yet get its LF."""
    return max(text.rfind("\n"), text.rfind("\r", 0, max(len(text) - 1, 0))) + 1
