"""How the kernels run: threads and loops in C. README.md says what each part buys. The formulas are one folder up."""
