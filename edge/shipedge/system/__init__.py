"""What the machine and the processes on it are: signals, memory, children, packages, native messages."""
