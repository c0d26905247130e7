"""What `python -m core` can do: one module per command.

Each has ``add_arguments(parser)`` and ``run(arguments)``, which returns the exit code and raises
ValueError or OSError where input cannot be used.
"""
