"""Tables of few-shot papers: a few-shot recipe, the data sets it is run on, and the paper's figures beside ours."""
