"""Side by side with what a user would pick instead: every contender a process of its own, all in one run."""
