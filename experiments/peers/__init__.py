"""Our models and other people's on the same data, each in a process of its own; `compare` is the command."""
