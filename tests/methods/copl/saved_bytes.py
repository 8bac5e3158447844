"""Bytes of all that autograd keeps of a forward pass."""

import torch


class Saved:
    """Bytes of all tensors that autograd keeps, each storage once; weights and what stays from step to step left out."""

    def __init__(self, known):
        self._known, self._seen = known, {}

    def __enter__(self):
        self._hooks = torch.autograd.graph.saved_tensors_hooks(self._pack, lambda tensor: tensor)
        self._hooks.__enter__()
        return self

    def __exit__(self, *error):
        self._hooks.__exit__(*error)

    def _pack(self, tensor):
        storage = tensor.untyped_storage()
        self._seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    @property
    def bytes(self):
        return sum(size for place, size in self._seen.items() if place not in self._known)


def staying(learner, batch):
    """Places of storages that are there before and after a step: of one, those that the next step keeps again."""
    places = []
    for _ in range(2):
        with Saved(set()) as saved:
            loss, _ = learner(batch)
        places.append((set(saved._seen), loss))
    return places[0][0] & places[1][0]
