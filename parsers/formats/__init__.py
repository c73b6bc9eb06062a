"""One module a document format; `registry` is their ordered, explicit list."""
