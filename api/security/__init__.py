"""Who is asking: API keys."""
