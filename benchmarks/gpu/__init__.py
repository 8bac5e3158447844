"""The parts of `gpu_check.py`: what a CUDA machine does with the pipeline's own code, beside what it could do."""
