"""What a run tells while it works: progress, logs, its history; and what is kept out of all of them."""
