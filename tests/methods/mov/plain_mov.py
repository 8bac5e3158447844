"""MOV's equations once more, in numpy and loops, from the paper alone. It imports nothing of the project.

p: parameters by name, float64. Every function is for one clip: v (F, d), x (T, d), texts (C, d).
"""

import math

import numpy as np

_erf = np.vectorize(math.erf)


def layer_norm(x, scale, shift):
    return np.stack([(row - row.mean()) / np.sqrt(row.var() + 1e-5) * scale + shift for row in x])


def mlp(x, p, name):
    hidden = x @ p[f"{name}.into.weight"].T + p[f"{name}.into.bias"]
    hidden = hidden * 0.5 * (1 + _erf(hidden / math.sqrt(2)))
    return hidden @ p[f"{name}.out.weight"].T + p[f"{name}.out.bias"]


def attend(x, y, p, name, heads):
    """Multi-head attention: head by head and query by query."""
    d = x.shape[1]
    weight, bias = p[f"{name}.in_weight"], p[f"{name}.in_bias"]
    q, k, v = (z @ weight[i * d : (i + 1) * d].T + bias[i * d : (i + 1) * d] for i, z in enumerate((x, y, y)))
    out = np.zeros_like(x)
    size = d // heads
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        for row in range(len(x)):
            scores = np.array([q[row, part] @ key[part] for key in k]) / math.sqrt(size)
            weights = np.exp(scores - scores.max())
            out[row, part] = (weights / weights.sum()) @ v[:, part]
    return out @ p[f"{name}.out.weight"].T + p[f"{name}.out.bias"]


def norm_of(x, p, name):
    return layer_norm(x, p[f"{name}.weight"], p[f"{name}.bias"])


def phi(z, p, name, layers, heads):
    """Eq. 2 and 3; z + positions where there are some."""
    if f"{name}.positions" in p:
        z = z + p[f"{name}.positions"]
    for layer in range(layers):
        at = f"{name}.layers.{layer}"
        normed = norm_of(z, p, f"{at}.ln_1")
        y = attend(normed, normed, p, f"{at}.attention", heads) + z
        z = mlp(norm_of(y, p, f"{at}.ln_2"), p, f"{at}.mlp") + y
    return z


def reads(x, y, p, name, heads):
    """Eq. 5 and 6, 7 and 8."""
    if f"{name}.value.weight" in p:  # a softmax over one key is 1
        value = norm_of(y, p, f"{name}.ln_key") @ p[f"{name}.value.weight"].T + p[f"{name}.value.bias"]
        found = value @ p[f"{name}.out.weight"].T + p[f"{name}.out.bias"]
        x = x + found[0]
    else:
        x = (
            attend(norm_of(x, p, f"{name}.ln_query"), norm_of(y, p, f"{name}.ln_key"), p, f"{name}.attention", heads)
            + x
        )
    return (mlp(norm_of(x, p, f"{name}.ln_2"), p, f"{name}.mlp") + x).mean(0)


def fused(v, x, p, heads, layers=2, flow=True, residual=False):
    """v_m and x_m."""
    v_t = phi(v, p, "phi_v", layers, heads)
    x_t = phi(x, p, "phi_x", layers, heads) if flow else mlp(x, p, "phi_x.mlp") + (x if residual else 0)
    if not any(name.startswith("video_reads") for name in p):
        return v_t.mean(0), x_t.mean(0)
    return reads(v_t, x_t, p, "video_reads", heads), reads(x_t, v, p, "other_reads", heads)


def sim(a, b):
    return (a @ b) / math.sqrt((a @ a) * (b @ b))


def chances(m, texts, tau):
    """Eq. 10 and 11."""
    raised = [math.exp(sim(m, row) / tau - 1 / tau) for row in texts]
    return np.array(raised) / sum(raised)


def loss(pairs, texts, labels, alpha, tau):
    """Eq. 9, the mean over clips."""
    each = [
        -alpha * math.log(chances(v_m, texts, tau)[y]) - (1 - alpha) * math.log(chances(x_m, texts, tau)[y])
        for (v_m, x_m), y in zip(pairs, labels, strict=True)
    ]
    return sum(each) / len(each)


def novel(views, texts, beta=0.25, tau_x=0.01, tau_v=0.003):
    """Eq. 12 of every view (x_m, v), averaged."""
    mixed = [beta * chances(x_m, texts, tau_x) + (1 - beta) * chances(v.mean(0), texts, tau_v) for x_m, v in views]
    return sum(mixed) / len(mixed)
