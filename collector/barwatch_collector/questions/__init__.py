"""What people ask the store, one question per file: ``(connection, asked) -> answer``, all frozen dataclasses.

Questions about the fleet are a fixed number of statements, however many hosts there are: the database counts.
"""
