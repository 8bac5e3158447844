"""A JSON object with its checksum: every other value of every single byte is an error."""

import pytest

from stores.sealed import sealed, unsealed


@pytest.mark.parametrize("text", ['{"a": 1, "b": ["x"]}', "{}", '{\n "x": "y"\n}'])
def test_no_flip_gives_another_value(text: str) -> None:
    data = sealed(text)
    assert unsealed(data) == unsealed(text.encode())
    for place, byte in enumerate(data):
        for other in set(range(256)) - {byte}:
            with pytest.raises(ValueError, match=r"^(it|its) "):
                unsealed(data[:place] + bytes([other]) + data[place + 1 :])
