"""The task of masks of what sounds in clips, second by second."""
