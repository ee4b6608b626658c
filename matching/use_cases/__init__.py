"""The only place where things happen: each function is one thing somebody does."""
