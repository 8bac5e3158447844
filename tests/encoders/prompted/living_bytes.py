"""Counts the bytes of all tensors that are alive, by watching every operation, the backward pass's too."""

import weakref

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class LivingBytes(TorchDispatchMode):
    """Bytes of the storages made inside the block: how many are alive, and the most that ever were."""

    def __init__(self):
        super().__init__()
        self.alive = self.peak = 0
        self._known = weakref.WeakSet()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = {id(storage) for storage in _storages((args, kwargs))}
        made = function(*args, **(kwargs or {}))
        for storage in _storages(made):
            if id(storage) not in given and storage not in self._known:
                self._enter(storage)
        return made

    def _enter(self, storage):
        self._known.add(storage)
        self.alive += storage.nbytes()
        self.peak = max(self.peak, self.alive)
        weakref.finalize(storage, self._leave, storage.nbytes())

    def _leave(self, size):
        self.alive -= size


def _storages(tree):
    return [x.untyped_storage() for x in tree_iter(tree) if isinstance(x, torch.Tensor)]
