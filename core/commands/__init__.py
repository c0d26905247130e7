"""What `python -m core` can do: one module per command, and what several of them share.

A command has ``add_arguments(parser)`` and ``run(arguments)``; the latter returns the exit code and
raises ValueError or OSError where input cannot be used. ``FOLDERS`` names those of its arguments
that may be folders: for each of them a zip archive may be given, too, and `run` finds it unpacked.
"""
