"""What reads a question: words one by one (LAVISH's QstEncoder). Dims: Q questions, L words, d width."""

import torch
from torch import Tensor, nn


class QuestionEncoder(nn.Module):
    """q = W tanh([h_L, c_L]) + b, where h and c are an LSTM's state after tanh of the words' vectors, one after the other.

    Padding is read like words, as published.
    """

    def __init__(self, words: int, width: int):
        """Draw all as torch does.

        Args:
            words: of the vocabulary, padding among them.
            width: d.
        """
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width)
        self.out = nn.Linear(2 * width, width)

    def forward(self, words: Tensor) -> Tensor:
        """(Q, d) of int64 (Q, L)."""
        _, (hidden, cell) = self.lstm(self.words(words).tanh().transpose(0, 1))
        return self.out(torch.cat([hidden[0], cell[0]], -1).tanh())
