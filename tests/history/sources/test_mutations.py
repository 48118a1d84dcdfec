"""Damaged files: no traceback, and accepted + set aside = read."""

from __future__ import annotations

import gzip
import random

import pytest

from treue.kernel.errors import TreueError

ROWS = 2_500
FILES = 40
"""40 files of 2,500 rows are 100,000 rows."""

BITS = (
    b"\0", b'"', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe5", b"\x80", b"\xc3", b"-",
    b"99999999999999999999", b"1e308", b"NaN", b"$", b"\xe2\x80\x8b", b"0001-01-01", b"9999-12-31", b"2024-02-30", b"\\", b'""',
    b"31/12/2024 25:61", b"%s{}$1", b"';DROP TABLE x;--", b"kr", b"C", b"=1+1",
)  # fmt: skip


def _rows(random_: random.Random, *, orders: bool, quoted: bool) -> list[bytes]:
    lines = ["customer,date,amount,text" if not orders else "customer,date,amount,order_id,text"]
    for number in range(ROWS):
        day = f"2024-{random_.randint(1, 12):02d}-{random_.randint(1, 28):02d}"
        text = f'"a, ""b""\n{number}"' if quoted and number % 9 == 0 else "plain"
        order = f"{number // 2 * 2 if number % 50 == 0 else number}," if orders else ""
        lines.append(f"c{random_.randint(1, 300)},{day},{random_.randint(-100, 9999) / 100},{order}{text}")
    return [line.encode() for line in lines]


def _damaged(seed: int) -> bytes:
    random_ = random.Random(seed)
    lines = _rows(random_, orders=seed % 3 == 0, quoted=seed % 2 == 0)
    share = (0.001, 0.02, 0.3)[seed % 3]
    for place in range(0 if seed % 5 == 0 else 1, len(lines)):
        if random_.random() < share:
            line = lines[place]
            for _ in range(random_.randint(1, 3)):
                at = random_.randint(0, len(line))
                kind = random_.random()
                if kind < 0.7:
                    line = line[:at] + random_.choice(BITS) + line[at:]
                elif kind < 0.85:
                    line = line[:at] + line[at + random_.randint(1, 5) :]
                else:
                    line = line[:at] + random_.randbytes(random_.randint(1, 8)) + line[at:]
            lines[place] = line
    if seed % 10 == 1:
        lines[ROWS // 2] += b"x" * 10_000_000
    ends = (b"\n", b"\r\n", b"\r")
    whole = b"".join(line + (random_.choice(ends) if seed % 4 == 3 else ends[0]) for line in lines)
    if seed % 8 == 5:
        return whole.decode("latin-1").encode("utf-16")
    if seed % 8 == 6:
        return gzip.compress(whole, 1)
    return whole[: random_.randint(1, len(whole))] if seed % 16 == 7 else whole


@pytest.mark.parametrize("seed", range(FILES))
def test_a_damaged_file_is_read_or_refused_and_no_row_is_lost(read, seed):
    content = _damaged(seed)
    try:
        result = read(content, "orders.csv.gz" if content[:2] == b"\x1f\x8b" else "orders.csv")
    except TreueError as error:
        assert seed % 5 == 0 or seed % 3 == 2 or seed % 16 == 7, f"refused: {error}"  # noqa: PT017
        return
    if seed % 3:
        found = len(result.purchases) + (len(result.returns) if "returns" in result.tables else 0)
        assert result.reading.accepted == found
    if seed % 3 == 1 and seed % 16 != 7 and seed % 4 != 3 and seed % 5:
        assert result.reading.accepted > 0.9 * ROWS
