"""Tables of papers on clips by any names: shipped recipes, changed row by row, and the paper's figures beside ours."""
