"""Content codings, undone with a cap, so that a small body cannot become a huge one."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli

ACCEPTED = "gzip, deflate, br"
STACKED = 3  # codings on top of each other
PIECE = 2**16  # bytes that a decoder gives at a time


class Undecodable(Exception):
    """The body is not what its content-encoding says, or in a coding that was not asked for."""


class Overfull(Exception):
    """The decoded body would exceed its cap."""


class Decoder(Protocol):
    """Undoes one coding."""

    def decode(self, data: bytes, room: int) -> bytes:
        """At least everything that `data` decodes to, or more than `room` bytes of it; raises Undecodable."""

    def finish(self) -> None:
        """Raises Undecodable when the end is missing."""


class Decoding:
    """A body on its way in: takes bytes as they crossed the wire, keeps them decoded."""

    def __init__(self, codings: str, cap: int) -> None:
        """`codings`: the content-encoding; `cap`: bytes. Raises Undecodable."""
        self._decoders = _decoders(codings)
        self._cap = cap
        self.body = bytearray()

    def take(self, data: bytes) -> None:
        """Raises Overfull, with the body cut at its cap, and Undecodable."""
        room = self._cap - len(self.body)
        for decoder in self._decoders:
            data = decoder.decode(data, room)
        self.body += data[:room]
        if len(data) > room:
            raise Overfull

    def finish(self) -> None:
        """Raises Undecodable when a coding's end is missing."""
        for decoder in self._decoders:
            decoder.finish()


def _decoders(codings: str) -> list[Decoder]:
    names = [name for part in codings.lower().split(",") if (name := part.strip()) not in {"", "identity"}]
    if len(names) > STACKED:
        raise Undecodable(f"{len(names)} content codings on top of each other")
    return [_decoder(name) for name in reversed(names)]


def _decoder(name: str) -> Decoder:
    if name in {"gzip", "x-gzip"}:
        return _Zlib("gzip", 16 + zlib.MAX_WBITS)
    if name == "deflate":
        return _Zlib("deflate", zlib.MAX_WBITS)
    if name == "br":
        return _Brotli()
    raise Undecodable(f"the content coding {name[:40]!r} was not asked for")


class _Zlib:
    def __init__(self, name: str, bits: int) -> None:
        self._name = name
        self._bits = bits
        self._inner = zlib.decompressobj(bits)
        self._started = False

    def decode(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        while data and len(out) <= room:
            out += self._piece(data, room - len(out) + 1)
            data = self._inner.unconsumed_tail or self._following()
        return bytes(out)

    def _piece(self, data: bytes, room: int) -> bytes:
        try:
            piece = self._inner.decompress(data, room)
        except zlib.error:
            if self._started or self._name != "deflate":
                raise Undecodable(f"the body is not valid {self._name}") from None
            self._started = True
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)  # many servers leave the zlib wrapper out
            return self._piece(data, room)
        self._started = True
        return piece

    def _following(self) -> bytes:
        if not self._inner.eof or not (rest := self._inner.unused_data) or self._name != "gzip":
            return b""
        self._inner = zlib.decompressobj(self._bits)  # RFC 1952: members may follow each other
        return rest

    def finish(self) -> None:
        if self._started and not self._inner.eof:
            raise Undecodable(f"the {self._name} body ends before its end")


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._started = False

    def decode(self, data: bytes, room: int) -> bytes:
        self._started = self._started or bool(data)
        try:
            piece = self._inner.process(data, output_buffer_limit=PIECE)
            out = bytearray(piece)
            # that it can take more data does not mean that it has given all it holds
            while piece and len(out) <= room:
                piece = self._inner.process(b"", output_buffer_limit=PIECE)
                out += piece
        except brotli.error:
            raise Undecodable("the body is not valid br") from None
        return bytes(out)

    def finish(self) -> None:
        if self._started and not self._inner.is_finished():
            raise Undecodable("the br body ends before its end")
