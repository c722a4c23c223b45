"""The reviewed repairs of the second source: every value with the reason it is held to be true.

Paths are those of `release.walk`: `LIN/` is the group that LIN opens, `LIN/CCI/SPS` a segment two groups down.
"""

from typing import Literal

RELEASES = (
    "D.95B", "D.96A", "D.97A", "D.98A", "D.98B", "D.99A", "D.99B", "D.00A", "D.01B", "D.03A", "D.04A", "D.05B", "D.07A",
    "D.07B", "D.08A", "D.10A", "D.16A", "D.17B", "D.18A", "D.20B", "D.24A",
)  # fmt: skip
"""In the order of time."""

TEXTS = ("D.96A", "D.97A", "D.01B", "D.07B", "D.17B")
"""The releases read from the UN's own text; they are the reference for the others."""

TRUE_REPEATS: dict[tuple[str, str], int] = {
    # The XML cuts repeats to five digits from D.98A on: 9999999 -> 99999, 200000 -> 20000. The UN texts that have the
    # group agree with the values here. True values of five digits exist too (99999 FTX in
    # ORDERS), so this goes by place and not by number; a value of five digits that no text has stops the build.
    ("INVOIC", "LIN/"): 9999999,
    ("INVRPT", "LIN/"): 9999999,  # 9999 up to D.00A, which is not cut
    ("ORDCHG", "LIN/"): 200000,
    ("ORDERS", "LIN/"): 200000,
    ("ORDRSP", "LIN/"): 200000,
    ("OSTENQ", "DOC/LIN/"): 200000,
    ("OSTRPT", "DOC/LIN/"): 999999,
    ("PARTIN", "NAD#2/"): 200000,
    ("PRICAT", "PGI/LIN/"): 999999,  # 200000 in D.95B, which is not cut
    ("REMADV", "DOC/"): 999999,  # 9999 in D.96A and D.97A; 99999 has five digits, so it was longer before the cut
    ("SLSRPT", "LOC/"): 200000,
    ("SLSRPT", "LOC/LIN/"): 200000,
    ("SLSRPT", "GIS/LIN/"): 999999,
    ("SLSRPT", "GEI/LIN/"): 999999,  # the same group after GIS became GEI
    ("STATAC", "DOC/"): 200000,
}

SPS_OF_QALITY: dict[str, int] = {"LIN/": 1, "LIN/CCI/": 10, "LIN/GIN/CCI/": 10, "LIN/PRC/CCI/": 10}
"""Group -> repeats of the conditional SPS before its DTM. Lost from D.00A on, since its name wraps in the UN's text."""

Choice = Literal["before", "after", "xml"]

COMPOSITES: dict[tuple[str, str], tuple[Choice, str]] = {
    # Settled by rule where the texts before and after agree; here they differ, or there is only one.
    ("D.95B", "C059"): ("xml", "the 96A text marks the fourth 3042 as added"),
    ("D.95B", "C200"): ("xml", "the 96A text marks 7140 as added"),
    ("D.95B", "C214"): ("xml", "the 96A text marks the second 7160 as added"),
    ("D.95B", "C273"): ("xml", "the 96A text marks 3453 as added"),
    ("D.98A", "C503"): ("before", "3453 is lost as everywhere in D.98A to D.99A; 1056 and 1060 are not there yet"),
    ("D.98B", "C503"): ("after", "1056 and 1060 have come; 3453, in both texts, is lost"),
    ("D.99A", "C503"): ("after", "as in D.98B"),
    ("D.98A", "C555"): ("before", "the parts of 97A; the mark that 9011 is mandatory is lost"),
    ("D.98B", "C555"): ("after", "the parts of 01B without their first, 4405"),
    ("D.99A", "C555"): ("after", "as in D.98B"),
    ("D.18A", "C502"): ("before", "6155 and 6154 are lost from D.99B on; 07B and 17B have them"),
    ("D.20B", "C502"): ("before", "as in D.18A"),
    ("D.24A", "C502"): ("before", "as in D.18A"),
    ("D.18A", "C829"): ("before", "5495 is lost from D.98A on; 01B, 07B and 17B have it"),
    ("D.20B", "C829"): ("before", "as in D.18A"),
    ("D.24A", "C829"): ("before", "as in D.18A"),
    ("D.20B", "C290"): ("xml", "new in TDT after 17B; no text has it"),
    ("D.24A", "C290"): ("xml", "as in D.20B"),
}

SEGMENTS: dict[tuple[str, str], tuple[Choice, str]] = {
    ("D.95B", "PSD"): ("xml", "the 96A text marks the second and third C514 as added"),
    ("D.20B", "TDT"): ("xml", "C290 is new after 17B"),
    ("D.24A", "TDT"): ("xml", "as in D.20B"),
}

ELEMENT_REPEATS_FROM = "D.99B"
"""The XML never says how often an element repeats, and the texts do from 01B on. D.99B has the segments that came with
repeats (EVE, IFD, ARD with C008), so there and in D.00A those of 01B hold; before it nothing repeats."""

ELEMENT_REPEATS: dict[tuple[str, str], tuple[Choice, str]] = {
    # ARR C770: 9999 times in 01B, once in 07B. Nothing says when it changed; the wider refuses nothing that is legal.
    ("D.03A", "ARR"): ("before", "the wider of two"),
    ("D.04A", "ARR"): ("before", "the wider of two"),
    ("D.05B", "ARR"): ("before", "the wider of two"),
    ("D.07A", "ARR"): ("after", "D.07A has the segments of 07B"),
}

REPRESENTATIONS: dict[tuple[str, str], tuple[str, str]] = {
    # Other than in the texts on both sides, or the texts differ. Lost fixed lengths (`n..4` for `n4`) go by rule.
    ("D.95B", "3148"): ("an..25", "the 96A text marks 3148 as changed"),
    ("D.95B", "3224"): ("an..17", "the 96A text marks 3224 as changed"),
    ("D.95B", "5482"): ("n..8", "the 96A text marks 5482 as changed"),
    ("D.98B", "9172"): ("an..70", "new after 97A, and longer from D.99B on with many others"),
    ("D.99A", "9172"): ("an..70", "as in D.98B"),
    ("D.99B", "3228"): ("an..70", "lost with its place in C819; the wider of an..35 (97A) and an..70 (01B)"),
    ("D.00A", "3228"): ("an..70", "as in D.99B"),
    ("D.20B", "8462"): ("an..17", "of C290, new after 17B"),
    ("D.20B", "8463"): ("an..35", "of C290, new after 17B"),
    ("D.20B", "8464"): ("an..256", "of C290, new after 17B"),
    ("D.24A", "8462"): ("an..17", "as in D.20B"),
    ("D.24A", "8463"): ("an..35", "as in D.20B"),
    ("D.24A", "8464"): ("an..256", "as in D.20B"),
}

NO_CODE_LIST: dict[str, str] = {
    "1131": "names a code list, and partners have lists of their own",
    "6411": "units are of UN/ECE Recommendation 20; the XML has five in D.95B and one in D.24A",
}
"""Elements whose lists are not taken, and why."""

LISTS_GIVEN_UP: dict[str, tuple[str, str]] = {
    "8179": ("D.07A", "D.10A"),  # the UN's 07B has none; D.16A starts a new one
}
"""Element -> first and last release without its list, though earlier and later ones have one."""

SERVICE_REPEATS: dict[tuple[str, str], int] = {
    # ISO 9735-1 and -4 (syntax version 4); the XML never says how often an element repeats.
    ("UCM", "S020"): 99,
    ("UNO", "S020"): 99,
    ("UNO", "S021"): 99,
}
