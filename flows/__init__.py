"""Thin Prefect flows over the stages. Prefect is imported here and nowhere else; flows pass names and paths, never tensors."""
