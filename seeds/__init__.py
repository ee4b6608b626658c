"""What a graph starts from: real divisions and generated cities."""
