"""Bombs of one gibibyte of zeros, packed in several ways; made without packages that pack so."""

from __future__ import annotations

import gzip
from pathlib import Path

from tests.flows.stages.hostile_server import bomb

GIBIBYTE = 1 << 30
_ZSTD_BLOCK = 128 * 1024  # the largest that the format takes
_BROTLI = Path(__file__).parents[2] / "cases" / "http" / "gibibyte_of_zeros.br"  # packed once, quality 11, window 24


def gzip_bomb() -> bytes:
    """Return one gibibyte in gzip: 1 MB."""
    return bomb(1024)


def twice_gzip_bomb() -> bytes:
    """Return one gibibyte in gzip in gzip: some kilobytes."""
    return gzip.compress(gzip_bomb())


def zstd_bomb() -> bytes:
    """Return one gibibyte as a Zstandard frame (RFC 8878) of blocks that repeat one byte: 32 kB."""
    # Descriptor: a content size of eight bytes, and a single segment, so that no window is told.
    header = bytes.fromhex("28b52ffd") + bytes([0b11_1_00000]) + GIBIBYTE.to_bytes(8, "little")
    blocks = GIBIBYTE // _ZSTD_BLOCK
    repeated = (_ZSTD_BLOCK << 3) | (1 << 1)  # type 1: one byte, and how often
    block, last = (number.to_bytes(3, "little") + b"\0" for number in (repeated, repeated | 1))
    return header + block * (blocks - 1) + last


def brotli_bomb() -> bytes:
    """Return one gibibyte in Brotli: less than 1 kB."""
    return _BROTLI.read_bytes()
