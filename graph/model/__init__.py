"""The vocabulary: plain frozen values, one file a subject."""
