"""How a wave is counted: its rows in branches of the tree, and one kernel that counts a branch by itself."""
