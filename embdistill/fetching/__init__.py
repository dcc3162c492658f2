"""Corpora and word vectors from the servers of their makers: which there are, and how their files get here."""
