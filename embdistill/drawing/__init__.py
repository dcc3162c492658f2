"""Pictures of models and of what they do: explanations for terminals and browsers, tables of vectors."""
