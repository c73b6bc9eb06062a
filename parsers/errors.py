"""The errors of reading. Imports nothing of the house."""


class ParseError(Exception):
    """A document that no format can read.

    Carries the document's name and a reason fit to be shown to a person; the caller quarantines the
    document under that reason and goes on with the next one.
    """

    def __init__(self, document: str, reason: str) -> None:
        super().__init__(f"{document}: {reason}")
        self.document = document
        self.reason = reason


class LexiconError(Exception):
    """A data file of the coder (lexicon, places, watch) that cannot be used as it stands."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason
