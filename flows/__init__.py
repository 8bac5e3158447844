"""Prefect over the stages, and nowhere else: flows, their run pages, the bare deployment names, the event of new classes.

Flows pass names and paths, never tensors; Prefect's database may be lost at any time, the workspace knows everything.
"""
