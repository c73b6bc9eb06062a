"""The errors of reading. Imports nothing of the house."""

from __future__ import annotations


class ParseError(Exception):
    """A document that no format can read.

    Carries the document's name and a reason fit to be shown to a person; the caller quarantines the
    document under that reason and goes on with the next one.
    """

    def __init__(self, document: str, reason: str) -> None:
        super().__init__(f"{document}: {reason}")
        self.document = document
        self.reason = reason

    def __reduce__(self) -> tuple[type[ParseError], tuple[str, str]]:
        """Let the error pass from one process to another, which its message alone would not."""
        return type(self), (self.document, self.reason)


class LexiconError(Exception):
    """A data file of the coder (lexicon, places, watch) that cannot be used as it stands."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason
