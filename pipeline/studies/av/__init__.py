"""Tables of papers on clips with two frozen towers: shipped recipes, changed row by row, and the paper's figures beside ours."""
