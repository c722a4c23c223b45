"""EDIFACT interchanges of any size for the benchmarks: one long despatch advice, and many orders of one partner.

What differs between messages of one partner in practice differs here too: numbers, articles, quantities, prices, days,
places of delivery. Nothing is drawn from outside: the same size gives the same bytes.
"""

import random

_WORDS = ("Getriebemotor", "Kupplung", "Flansch", "Welle", "Dichtring", "Lagerbock", "Schraube", "Deckel", "Zahnrad")
_SITES = (("Maschen", "21220"), ("Kassel", "34117"), ("Erfurt", "99084"), ("Ulm", "89073"))


def despatches(size: int) -> bytes:
    """One DESADV D.96A of about `size` bytes: the long messages of this world."""
    parts = [
        b"UNB+UNOC:3+4260001230004:14+4012345000009:14+261120:0931+1'UNH+1+DESADV:D:96A:UN'BGM+351+LS1+9'"
        b"DTM+137:20261120:102'NAD+SU+4260001230004::9'NAD+BY+4012345000009::9'"
    ]
    segments, done, number = 5, len(parts[0]), 0
    while done < size:
        if number % 5_000 == 0:  # SG15 may stand 9,999 times in SG10
            parts.append(b"CPS+%d'" % (number // 5_000 + 1))
            segments += 1
        number += 1
        line = b"LIN+%d++%s:EN'PIA+1+NL-%06d:IN'IMD+F++:::%s 0,75 kW ?+ Flansch'QTY+12:%d:PCE'RFF+ON:PO-%d:%d'" % (
            number,
            _article(number),
            number,
            _WORDS[number % 9].encode(),
            number % 97 + 1,
            number // 50,
            number % 50,
        )
        parts.append(line)
        done += len(line)
        segments += 5
    parts.append(b"UNT+%d+1'UNZ+1+1'" % (segments + 1))
    return b"".join(parts)


def orders(size: int) -> bytes:
    """An interchange of so many ORDERS D.96A of one to eight lines that it has about `size` bytes."""
    draw = random.Random(4711)
    parts = ["UNA:+.? 'UNB+UNOC:3+4012345000009:14+4260001230004:14+261120:0931+NL000815++ORDERS'"]
    done, number = len(parts[0]), 0
    while done < size:
        number += 1
        parts.append(_order(number, draw))
        done += len(parts[-1])
    parts.append(f"UNZ+{number}+NL000815'")
    return "".join(parts).encode("latin-1")


def _order(number: int, draw: random.Random) -> str:
    day, site = f"2026{draw.randint(1, 12):02}{draw.randint(1, 28):02}", draw.choice(_SITES)
    lines = [_line(at, day, draw) for at in range(1, draw.randint(1, 8) + 1)]
    net = sum(amount for _, amount in lines)
    segments = [
        f"UNH+{number}+ORDERS:D:96A:UN:EAN008", f"BGM+220+PO-{4711 + number}+9", f"DTM+137:{day}0930:203",
        f"DTM+2:{day}:102", "FTX+DEL+++Anlieferung nur 07?:00 bis 15?:00 Uhr, Tor 7 ?+ Avis",
        f"RFF+CT:RV-2026-{draw.randint(1, 40):03}", f"RFF+AAG:AN {draw.randint(1000, 9999)}/2",
        "NAD+BY+4012345000009::9++Nordlicht Handel GmbH+Hafenstraße 12+Hamburg++20457+DE", "RFF+VA:DE811234567",
        "CTA+OC+:Jana Petersen", "COM+?+49 40 5550120:TE", "COM+einkauf@nordlicht.example:EM",
        "NAD+SU+4260001230004::9++Bergmann Antriebe GmbH+Am Werk 3+Bad Salzungen++36433+DE",
        f"NAD+DP+4012345000016::9++Nordlicht Lager {site[0]}+Logistikring {draw.randint(1, 9)}+{site[0]}++{site[1]}+DE",
        "NAD+IV+4012345000023::9++Nordlicht Handel GmbH, Buchhaltung", "CUX+2:EUR:9", "PAT+1++5:3:D:30", "TOD+3++DAP",
        f"LOC+1+:::{site[0]}", *(segment for line, _ in lines for segment in line),
        "UNS+S", f"MOA+79:{net / 100:.2f}:EUR", f"CNT+2:{len(lines)}",
    ]  # fmt: skip
    return "".join(f"{segment}'" for segment in (*segments, f"UNT+{len(segments) + 1}+{number}"))


def _line(at: int, day: str, draw: random.Random) -> tuple[list[str], int]:
    """The segments of a line, and its amount in cents."""
    article, pieces, price = draw.randint(1, 2_000), draw.randint(1, 500), draw.randint(50, 90_000)
    segments = [
        f"LIN+{at}++{_article(article).decode()}:EN", f"PIA+1+NL-{article:05}:IN+GM-{article % 97:03}:SA",
        f"IMD+F++:::{_WORDS[article % 9]} {article % 40} mm, {article % 7}er-Pack", f"QTY+21:{pieces}:PCE",
        f"MOA+203:{pieces * price / 100:.2f}", f"PRI+AAA:{price / 100:.2f}:::1:PCE", "TAX+7+VAT+++:::19+S",
    ]  # fmt: skip
    if pieces > 400:
        for part in (pieces // 2, pieces - pieces // 2):
            segments += ["SCC+1", f"QTY+21:{part}:PCE", f"DTM+2:{day}:102"]
    return segments, pieces * price


def _article(number: int) -> bytes:
    """A GTIN with its check digit."""
    digits = f"426000{number % 1_000_000:06}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}".encode()
