"""What each kernel should compute, in plain loops: naive/conv.py has the twins of kernels/conv.py, and so on;
edm.py reads .edm images.

Nothing here imports anything of embdistill; it is written for reading, not for speed.
"""
