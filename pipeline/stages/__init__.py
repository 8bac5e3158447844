"""The stages: the only things that make artifacts. Each can be killed anywhere and run again."""
