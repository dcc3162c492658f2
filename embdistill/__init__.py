"""Distil large word vectors into a small text classifier."""
