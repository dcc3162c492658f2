"""Reading what a run starts from: corpora, word vectors, the tokenizer, and the dataset made of them."""
