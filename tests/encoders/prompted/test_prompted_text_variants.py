"""Prompts of several layers, a learned start token, names without a full stop: against whole sequences of 77 tokens."""

import pytest
import torch
from plain_towers import TOKENIZE, draw, relative, text_of, tiny

NAMES = ["great white shark", "hen", "two red cats on the table", "tench"]


def whole_sequences(model, prompts, names, *, start, full_stop):
    """[start, prompts of layer 1, name, ...]; at each further layer its prompts stand where those before it stood."""
    count, rows = prompts.shape[2], [TOKENIZE([f"{name}{'.' * full_stop}"])[0] for name in names]
    first = int(start)
    features = []
    for own in prompts:
        found = []
        for row in rows:
            words = model.token_embedding(torch.tensor(row))
            x = torch.cat([words[:first], own[0], words[1:]])
            end = len(x) - 1
            filler = model.token_embedding(torch.zeros(77 - len(x), dtype=torch.long))
            x = (torch.cat([x, filler]) + model.positional_embedding)[None]
            for layer, block in enumerate(model.transformer.resblocks):
                if 0 < layer < len(own):
                    x = torch.cat([x[:, :first], own[layer][None], x[:, first + count :]], dim=1)
                x = block(x, attn_mask=model.attn_mask)
            found.append(model.ln_final(x[0, end]) @ model.text_projection)
        features.append(torch.stack(found))
    return torch.stack(features)


@pytest.mark.parametrize("full_stop", [True, False])
@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize(("images", "layers", "count"), [(1, 1, 3), (2, 2, 3), (3, 3, 1)])
@pytest.mark.parametrize("chunk", [None, 2])
def test_features_and_gradients(images, layers, count, start, full_stop, chunk):
    model = tiny()
    tower, prompts = text_of(model), draw(images, layers, count, 12)
    ours = tower(prompts, tower.classes(NAMES, full_stop), chunk=chunk, start=start)
    wanted = whole_sequences(model, prompts, NAMES, start=start, full_stop=full_stop)
    assert relative(ours, wanted) < 1e-12
    weights = draw(*wanted.shape, seed=3).detach()
    gradients = [torch.autograd.grad((x * weights).sum(), prompts)[0] for x in (ours, wanted)]
    assert relative(*gradients) < 1e-11
    assert gradients[1].abs().amax((0, 2, 3)).min() > 1e-3  # of every layer


def test_layers_without_prompts_are_no_prompts():
    tower = text_of(tiny())
    classes = tower.classes(NAMES)
    assert torch.equal(tower(torch.zeros(1, 3, 0, 12), classes), tower(torch.zeros(1, 0, 12), classes))
