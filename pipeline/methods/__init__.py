"""What learns. A method is a package with a torch-free `config.py` and a `model.py`."""
