"""Tables of the papers as studies: a recipe, what makes its rows, and the paper's figures beside ours.

One frame (`base.py`) runs and shows them all; a folder for each task says what its rows are.
"""
