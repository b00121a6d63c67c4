"""An AWS account inside the process, the demo that runs in it, and the pytest fixtures made of both."""
