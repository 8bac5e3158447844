"""What prompt learners of few labelled images share: their inputs, their objective, their training."""
