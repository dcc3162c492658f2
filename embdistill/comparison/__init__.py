"""Comparisons of methods: which runs there are, how they run side by side, and what their results say."""
