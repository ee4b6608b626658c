"""Tables that staff have, in and out: Excel and CSV."""
