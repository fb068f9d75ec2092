"""The one log of what happened: what may be counted, in the order of happening. Points, criteria, goals and
reports read it and nothing else."""
