"""From a problem to a verified plan: split into parts, each by the method that fits, put together, checked."""
