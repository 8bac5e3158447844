"""What the processes of the tests do."""

import os
import time

_prepared = []


def prepare(word):
    _prepared.append(word)


def prepared_as(number):
    return [*_prepared, number, os.getpid()]


def end(number):
    os._exit(3)


def fail(number):
    raise ValueError(f"of {number}")


def _refuse():
    raise ValueError("not to be read")


class Unreadable:
    """Packs, but does not unpack."""

    def __reduce__(self):
        return _refuse, ()


class Unpicklable(Exception):
    def __init__(self, first, second):
        super().__init__(first)


def fail_badly(number):
    """With an error that packs, but does not unpack."""
    raise Unpicklable(1, 2)


def give_what_does_not_pickle(number):
    return lambda: number


def end_leaving_a_child(pid_file):
    """The child has this process's end of the pipe, and goes on for a minute."""
    if child := os.fork():
        with open(pid_file, "w") as file:
            file.write(str(child))
        os._exit(4)
    time.sleep(60)
    os._exit(0)


def sleep(seconds):
    time.sleep(seconds)
    return os.getpid()


def say_and_sleep(pid_file):
    with open(pid_file, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(60)
