"""AVST's head as published, question by question, second by second and token by token, each question with its clip to itself."""

import numpy as np
from plain_copl import linear, softmax


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit(row):
    return row / max(np.sqrt((row**2).sum()), 1e-12)


def question_vector(own, words):
    """A loop of LSTM cells; torch keeps the gates in the order input, forget, cell, output."""
    d = own["question.lstm.weight_hh_l0"].shape[1]
    hidden, cell = np.zeros(d), np.zeros(d)
    for word in words:
        x = np.tanh(own["question.words.weight"][word])
        gates = own["question.lstm.weight_ih_l0"] @ x + own["question.lstm.bias_ih_l0"]
        gates = gates + own["question.lstm.weight_hh_l0"] @ hidden + own["question.lstm.bias_hh_l0"]
        entering, forgotten, new, out = (gates[i * d : (i + 1) * d] for i in range(4))
        cell = sigmoid(forgotten) * cell + sigmoid(entering) * np.tanh(new)
        hidden = sigmoid(out) * np.tanh(cell)
    return linear(own, "question.out", np.tanh(np.concatenate([hidden, cell])))


def heard(own, tokens):
    """A second's sound: mapped token by token, mean, ReLU, mapped again."""
    mean = sum(linear(own, "audio", token) for token in tokens) / len(tokens)
    return linear(own, "heard", np.maximum(mean, 0))


def seen(own, tokens, sound):
    """A second's frame, and where it sounds."""
    mapped = [linear(own, "visual", token) for token in tokens]
    weights = [1 / len(mapped)] * len(mapped)
    if sound is not None:
        weights = softmax([unit(token) @ unit(sound) for token in mapped])
    ground = sum(w * unit(token) for w, token in zip(weights, mapped, strict=True))
    return linear(own, "grounding.out", np.tanh(np.concatenate([sum(mapped) / len(mapped), ground])))


def match(own, sound, frame):
    """Logits: no, yes."""
    x = np.concatenate([sound, frame])
    for number in (0, 2, 4):
        x = np.maximum(linear(own, f"matching.{number}", x), 0)
    return linear(own, "matching.6", x)


def read(own, side, question, seconds, heads, masks):
    """What the question reads of the seconds; masks: of weights (h, T), inside the MLP (d,), behind it (d,)."""
    d = len(question)
    into, bias = own[f"reading.{side}.in_weight"], own[f"reading.{side}.in_bias"]
    query = into[:d] @ question + bias[:d]
    keys = [into[d : 2 * d] @ s + bias[d : 2 * d] for s in seconds]
    values = [into[2 * d :] @ s + bias[2 * d :] for s in seconds]
    parts = []
    for h in range(heads):
        cut = slice(h * d // heads, (h + 1) * d // heads)
        weights = softmax([query[cut] @ key[cut] / np.sqrt(d // heads) for key in keys]) * masks[0][h]
        parts.append(sum(w * value[cut] for w, value in zip(weights, values, strict=True)))
    x = linear(own, f"reading.{side}.out", np.concatenate(parts))
    inner = np.maximum(linear(own, f"reading.{side}.into", x), 0) * masks[1]
    x = x + linear(own, f"reading.{side}.back", inner) * masks[2]
    normed = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    return normed * own[f"reading.{side}.norm.weight"] + own[f"reading.{side}.norm.bias"]


def plain_answer(own, words, clip, heads, masks):
    """Logits of one question.

    Args:
        own: the head's tensors by name.
        words: of the question.
        clip: side -> tokens (T, L, C); sides that are not used are not there.
        heads: h.
        masks: side -> what is dropped.
    """
    question, sounds = question_vector(own, words), None
    held = {}
    if "audio" in clip:
        held["audio"] = sounds = [heard(own, tokens) for tokens in clip["audio"]]
    if "visual" in clip:
        held["visual"] = [
            seen(own, tokens, None if sounds is None else sounds[t]) for t, tokens in enumerate(clip["visual"])
        ]
    if not held:
        return linear(own, "answer", np.tanh(question))
    parts = [
        np.tanh(read(own, side, question, seconds, heads, masks[side]) + sum(seconds) / len(seconds))
        for side, seconds in held.items()
    ]
    return linear(own, "answer", np.tanh(question * linear(own, "fusion", np.concatenate(parts))))


def plain_match(own, clip, others):
    """-log p of the truth, of every second with its own frame and with another's."""
    losses = []
    for t, tokens in enumerate(clip["audio"]):
        sound = heard(own, tokens)
        for frame, truth in ((clip["visual"][t], 1), (others[t], 0)):
            losses.append(-np.log(softmax(match(own, sound, seen(own, frame, sound)))[truth]))
    return losses
