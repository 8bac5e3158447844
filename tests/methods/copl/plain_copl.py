"""CoPL as section 3 of the paper reads, clip by clip, second by second and token by token, on toy towers; numpy and loops."""

import numpy as np


def softmax(scores):
    raised = [np.exp(s - max(scores)) for s in scores]
    return np.array([r / sum(raised) for r in raised])


def norm(row):
    return (row - row.mean()) / np.sqrt(row.var() + 1e-5)


def gelu(x):
    from math import erf, sqrt

    return np.array([each * 0.5 * (1 + erf(each / sqrt(2))) for each in x])


def linear(own, name, x):
    made = own[f"{name}.weight"] @ x
    return made + own[f"{name}.bias"] if f"{name}.bias" in own else made


class PlainTower:
    """A toy tower's numbers, and one row at a time."""

    def __init__(self, tower):
        self.own = {name: value.numpy() for name, value in tower.state_dict().items()}
        self.shape = tower.shape

    def enter(self, row):
        picture = row / 255 if row.dtype == np.uint8 else np.stack([row] * 3, -1)
        side, p = self.shape.blocks[0].grid[0], self.shape.patch
        cells = [picture[y * p : y * p + p, x * p : x * p + p].ravel() for y in range(side) for x in range(side)]
        return [linear(self.own, "patches", cell) for cell in cells]

    def between(self, block, tokens):
        if f"merge.{block}.weight" not in self.own:
            return tokens
        side = self.shape.blocks[block].grid[0]
        at = lambda y, x: tokens[2 * side * y + x]  # noqa: E731
        four = [
            [at(2 * y + dy, 2 * x + dx) for dy in (0, 1) for dx in (0, 1)] for y in range(side) for x in range(side)
        ]
        return [linear(self.own, f"merge.{block}", np.concatenate(each)) for each in four]

    def block(self, number, tokens, prompts):
        """Everything is concatenated and run; of the outputs those of prompts are thrown away."""
        rows = [*prompts, *tokens]
        width, heads = len(tokens[0]), self.shape.blocks[number].heads
        made = [linear(self.own, f"qkv.{number}", norm(row)) for row in rows]
        after = []
        for i, row in enumerate(rows):
            parts = []
            for h in range(heads):
                cut = slice(h * width // heads, (h + 1) * width // heads)
                query = made[i][:width][cut]
                scores = [query @ m[width : 2 * width][cut] / np.sqrt(width // heads) for m in made]
                parts.append(sum(w * m[2 * width :][cut] for w, m in zip(softmax(scores), made, strict=True)))
            row = row + linear(self.own, f"proj.{number}", np.concatenate(parts))
            after.append(row + linear(self.own, f"down.{number}", gelu(linear(self.own, f"up.{number}", norm(row)))))
        return after[len(prompts) :]

    def leave(self, tokens):
        return [norm(token) for token in tokens]


def modal(own, side, block, second, everyone):
    """Eq. 2."""
    if f"{side}.whole.{block}" not in own:
        return []
    frames = own.get(f"{side}.frame.{block}", [])
    return [*own[f"{side}.whole.{block}"], *(frames if everyone else frames[second : second + 1])]


def of(own, layer, part, side, rest=""):
    mine = f"couplings.{layer}.{part}.{side}{rest}"
    return own.get(mine, own.get(f"couplings.{layer}.{part}.both{rest}"))


def coupled(own, layer, tokens, scale_reading=False, scale_similarity=False):
    """Eq. 5 to 9; tokens: side -> Z."""
    prompts, sent = {}, {}
    for side, z in tokens.items():
        prompts[side] = own.get(f"couplings.{layer}.plain.{side}")
        if prompts[side] is None:
            d = len(z[0])
            read = []
            for latent in own[f"couplings.{layer}.latents.{side}"]:
                weights = softmax([latent @ token / (np.sqrt(d) if scale_reading else 1) for token in z])
                read.append(latent + sum(w * token for w, token in zip(weights, z, strict=True)))
            bank = of(own, layer, "bank", side)
            # <mean, mean> is the mean of all products of a latent with a row of the entry.
            similar = [np.mean([r @ row for r in read for row in entry]) for entry in bank]
            weights = softmax([s / (np.sqrt(d) if scale_similarity else 1) for s in similar])
            prompts[side] = sum(w * entry for w, entry in zip(weights, bank, strict=True))
        into, out = of(own, layer, "exchange", side, ".0.weight"), of(own, layer, "exchange", side, ".2.weight")
        first, second = of(own, layer, "exchange", side, ".0.bias"), of(own, layer, "exchange", side, ".2.bias")
        sent[side] = []
        for row in prompts[side]:
            hidden = np.maximum(into @ row + (0 if first is None else first), 0)
            sent[side].append(out @ hidden + (0 if second is None else second))
    return {"visual": [*prompts["visual"], *sent["audio"]], "audio": [*prompts["audio"], *sent["visual"]]}


def plain_copl(own, towers, pairs, last, rows, everyone=False, **scales):
    """Tokens of every clip and second: side -> (B, T, L, C).

    Args:
        own: learned tensors by name.
        towers: side -> PlainTower.
        pairs: blocks (visual, audio) in order; None where a tower waits.
        last: which of the pairs interact, by number.
        rows: side -> (B, T, ...).
        everyone: whether every frame has all frame prompts.
        scales: of Eq. 5 and 6.
    """
    found = {"visual": [], "audio": []}
    for clip in range(len(rows["visual"])):
        seconds = {"visual": [], "audio": []}
        for second in range(len(rows["visual"][clip])):
            z = {side: tower.enter(rows[side][clip][second]) for side, tower in towers.items()}
            for number, pair in enumerate(pairs):
                blocks = dict(zip(("visual", "audio"), pair, strict=True))
                z = {s: z[s] if b is None else towers[s].between(b, z[s]) for s, b in blocks.items()}
                more = {"visual": [], "audio": []}
                if number in last:
                    more = coupled(own, blocks["visual"], z, **scales)
                z = {
                    s: z[s] if b is None else towers[s].block(b, z[s], [*modal(own, s, b, second, everyone), *more[s]])
                    for s, b in blocks.items()
                }
            for side, tower in towers.items():
                seconds[side].append(tower.leave(z[side]))
        for side in found:
            found[side].append(seconds[side])
    return {side: np.array(tokens) for side, tokens in found.items()}


def plain_consistency(own, tokens, summed=False):
    """Eq. 10."""
    left, right = tokens["visual"], tokens["audio"]
    if "compared.map.weight" in own:
        left, right = left.mean(2), right.mean(2) @ own["compared.map.weight"].T + own["compared.map.bias"]
    squares = ((left - right) ** 2).ravel()
    return sum(squares) if summed else sum(squares) / len(squares)


def plain_head(own, tokens, labels, use, cross):
    """(logits, loss): pooled tokens through one or two linear maps."""
    pooled = {side: each.mean(2) for side, each in tokens.items()}
    sides = ["visual", "audio"] if use == "both" else [use]
    logits, losses = [], []
    for clip, answers in enumerate(labels):
        for second, answer in enumerate(answers):
            x = np.concatenate([pooled[side][clip][second] for side in sides])
            x = linear(own, "head.hidden", x) if "head.hidden.weight" in own else x
            logits.append(linear(own, "head.answer", x))
            p = softmax(logits[-1])
            if cross:
                losses.append(-np.log(p[answer]))
            else:
                losses += [-np.log(p[k] if k == answer else 1 - p[k]) for k in range(len(p))]
    return np.array(logits).reshape(*np.shape(labels), -1), sum(losses) / len(losses)


def reading(state, tokens):
    """Every row of the state and what it attends to."""
    return [s + taken(s, tokens) for s in state]


def taken(query, tokens):
    weights = softmax([query @ token / np.sqrt(len(query)) for token in tokens])
    return sum(w * token for w, token in zip(weights, tokens, strict=True))


def plain_parallel(own, towers, read, rows, everyone=False):
    """Tokens of every clip and second with the light network beside the towers: side -> (B, T, L, C).

    Args:
        own: learned tensors by name; the coupling's are those of `coupled`.
        towers: side -> PlainTower.
        read: blocks (visual, audio) whose outputs are read, first to last.
        rows: side -> (B, T, ...).
        everyone: whether every frame has all frame prompts.
    """
    found = {"visual": [], "audio": []}
    for clip in range(len(rows["visual"])):
        seconds = {"visual": [], "audio": []}
        for second in range(len(rows["visual"][clip])):
            outputs, state, seen = {}, {}, {}
            for number, (side, tower) in enumerate(towers.items()):
                z, outputs[side] = tower.enter(rows[side][clip][second]), []
                for block in range(len(tower.shape.blocks)):
                    z = tower.block(block, tower.between(block, z), [])
                    outputs[side].append(z)
                named = {"visual.whole.0": own[f"sides.{number}.prompts.whole.0"]}
                if f"sides.{number}.prompts.frame.0" in own:
                    named["visual.frame.0"] = own[f"sides.{number}.prompts.frame.0"]
                state[side] = modal(named, "visual", 0, second, everyone)
            for layer, blocks in enumerate(read):
                for number, (side, block) in enumerate(zip(towers, blocks, strict=True)):
                    z = [token / np.sqrt((token**2).mean() + 1e-6) for token in outputs[side][block]]
                    seen[side] = [linear(own, f"sides.{number}.down.{layer}", token) for token in z]
                    state[side] = reading(state[side], seen[side])
                if (
                    f"couplings.{layer}.exchange.both.0.weight" in own
                    or f"couplings.{layer}.exchange.visual.0.weight" in own
                ):
                    sent = coupled(own, layer, state)
                    state = {side: reading(state[side], sent[side]) for side in state}
                for number, side in enumerate(towers):
                    inner = f"sides.{number}.inner.{layer}"
                    state[side] = [
                        s + linear(own, f"{inner}.2", np.maximum(linear(own, f"{inner}.0", s), 0)) for s in state[side]
                    ]
            for number, (side, tower) in enumerate(towers.items()):
                up = [linear(own, f"sides.{number}.up", taken(x, state[side])) for x in seen[side]]
                left = tower.leave(outputs[side][read[-1][number]])
                seconds[side].append([token + more for token, more in zip(left, up, strict=True)])
        for side in found:
            found[side].append(seconds[side])
    return {side: np.array(tokens) for side, tokens in found.items()}
