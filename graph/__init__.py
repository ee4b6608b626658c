"""What there is: the vocabulary, the schema declared once, and the store."""
