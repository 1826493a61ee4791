"""The book's figures, drawn from the program's own numbers."""
