"""What keeps a service running: logs, the history of runs, the state of a workspace, metrics, and trying again what failed."""
