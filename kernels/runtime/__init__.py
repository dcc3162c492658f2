"""The C99 runtime, from a text to its label (embdistill.h), and its Python extension, `_runtime` (python/)."""
