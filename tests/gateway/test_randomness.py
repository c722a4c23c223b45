"""Random bytes are given out once."""

import os
import threading

import pytest

from gateway.randomness import random_bytes


def test_nothing_is_given_twice_across_the_ends_of_the_store() -> None:
    given = [random_bytes(12) for _ in range(2000)]
    assert all(len(each) == 12 for each in given)
    assert len(set(given)) == len(given)


def test_threads_are_given_different_bytes() -> None:
    given: list[bytes] = []
    threads = [threading.Thread(target=lambda: given.extend(random_bytes(12) for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 2000


def test_a_forked_process_is_given_different_bytes() -> None:
    random_bytes(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, random_bytes(16))
        os._exit(0)
    mine = random_bytes(16)
    os.waitpid(child, 0)
    assert os.read(reading, 16) != mine


def test_more_than_the_store_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 4096"):
        random_bytes(4097)
