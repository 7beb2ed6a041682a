"""The list of unknown codes of a process is bounded, ordered, and safe for many threads."""

from __future__ import annotations

from threading import Thread

from cds_service.ops.unknown_codes import UnknownCodes


def test_the_most_frequent_come_first() -> None:
    codes = UnknownCodes()
    codes.met({("urn:a", "1"): 1, ("urn:b", "2"): 2})
    codes.met({("urn:a", "1"): 4, ("urn:a", "0"): 2})
    assert codes.look().codes == (("urn:a", "1", 5), ("urn:a", "0", 2), ("urn:b", "2", 2))


def test_what_has_no_room_is_counted() -> None:
    codes = UnknownCodes(most=1)
    codes.met({("urn:a", "1"): 1})
    codes.met({("urn:a", "2"): 3})
    codes.met({("urn:a", "1"): 1})
    seen = codes.look()
    assert (seen.codes, seen.beyond) == ((("urn:a", "1", 2),), 3)


def test_many_threads_lose_nothing() -> None:
    codes = UnknownCodes(most=5)

    def meet() -> None:
        for number in range(2000):
            codes.met({("urn:a", str(number % 10)): 1})

    threads = [Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = codes.look()
    assert sum(count for _, _, count in seen.codes) == 4000
    assert seen.beyond == 4000
