"""Tests of the command line, a file a verb."""
