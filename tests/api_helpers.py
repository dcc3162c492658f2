"""What the tests of the Python interface share."""

QUICK = dict(network="mean", dim=4, hidden=6, epochs=2, batch=8, subwords=0, threads=1)
