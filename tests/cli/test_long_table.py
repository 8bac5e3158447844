from pipeline.printable import long_table


def test_columns_stand_side_by_side_and_numbers_to_the_right() -> None:
    rows = [["cat", "1"], ["kočka", "1,200"], ["猫", "–"], ["two\nlines", ""]]
    assert list(long_table(["class", "files"], rows)) == [
        "class       files",
        "──────────  ─────",
        "cat             1",
        "kočka       1,200",
        "猫              –",
        "two, lines",
    ]
    assert list(long_table(["a", "b"], [["x", "10"], ["y", "1"]], numbers=False))[2:] == ["x  10", "y  1"]


def test_what_steers_a_terminal_is_shown() -> None:
    assert list(long_table(["a"], [["\x1b[2Jx\u202ey"]]))[2:] == ["�[2Jx�y"]
