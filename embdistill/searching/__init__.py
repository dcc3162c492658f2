"""From texts to a model that fits a board: which network, sizes, dim and words, by successive halving on dev."""
