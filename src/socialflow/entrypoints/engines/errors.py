"""What can go wrong with an engine, in sentences for the person at the terminal."""


class EngineError(Exception):
    """An engine cannot be found, prepared or started; the text says what to do about it."""
