"""What tasks of clips with two frozen towers share: how clips are read, learned from and judged, whatever is answered of them."""
