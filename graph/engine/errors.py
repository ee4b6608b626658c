"""What can go wrong before the first query."""


class EngineError(Exception):
    """The store cannot be reached as configured; the message says what is wrong and what to do."""
