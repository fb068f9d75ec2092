"""How words are compared when people search: without accents, capitals and signs, each as the beginning of a word.

The function `folded` of the database (migration 0011) says the same in SQL; the indexes stand on it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

APART = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE"}
)
_SPELLED = str.maketrans(
    {"ı": "i", "œ": "oe", "þ": "th", "ð": "d"}
)  # in addresses only: no accent to leave out
_SIGNS = re.compile(r"[\W_]+")
LONGEST, MOST_WORDS, LONGEST_WORD = 200, 6, 60


def folded(said: str) -> str:
    """Casefolded and without accents, one space between words: É is found with e, whatever the locale."""
    apart = unicodedata.normalize("NFKD", said.translate(APART))
    return " ".join("".join(part for part in apart if not unicodedata.combining(part)).casefold().split())


def in_address(said: str) -> str:
    """The same as it stands in an address: letters and figures of ASCII, a hyphen between words; maybe none."""
    return "-".join(re.findall(r"[a-z0-9]+", folded(said).translate(_SPELLED)))


def words(typed: str) -> list[str]:
    """What somebody looks for: the first few words, of letters and figures only, so that none is an operator."""
    plain = _SIGNS.sub(" ", folded(typed[:LONGEST]))
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in plain.split()))[:MOST_WORDS]


def wanted(looked_for: Sequence[str]) -> str:
    """A `tsquery` for texts that have all of these words, or words that begin like them."""
    return " & ".join(f"'{word}':*" for word in looked_for)


def has_all(looked_for: Sequence[str], texts: Iterable[str]) -> bool:
    """The same of texts at hand."""
    there = {word for said in texts for word in _SIGNS.sub(" ", folded(said)).split()}
    return bool(looked_for) and all(any(one.startswith(word) for one in there) for word in looked_for)


def vector(*columns: str) -> str:
    """The words of these columns, as the index on them is written."""
    return f"to_tsvector('simple'::regconfig, folded({' || chr(32) || '.join(columns)}))"


def matches(*columns: str) -> str:
    """The condition that all words of `:wanted` are in these columns; an index answers it."""
    return f"{vector(*columns)} @@ CAST(:wanted AS tsquery)"
