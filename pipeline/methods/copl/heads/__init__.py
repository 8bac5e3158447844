"""What answers on top of CoPL's tokens, one module a task; empty, so that options need no torch."""
