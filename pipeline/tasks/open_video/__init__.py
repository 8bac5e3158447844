"""Classes of clips by any names: learned from clips of some, judged on others, from frames with motion or sound."""
