"""The errors of remembering. Imports nothing of the house."""


class StorageError(Exception):
    """A database that cannot be opened, read or written; the message names it and says what to do."""


class SchemaError(StorageError):
    """A database whose schema is newer than this code, or whose migration failed."""


class NotFoundError(StorageError):
    """An id that the database does not hold."""
