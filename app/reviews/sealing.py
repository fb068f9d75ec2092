"""Words that people write in a file: what they are sealed for, and how they are read."""

import uuid

from app.keys import decrypt, unpadded


def about(review_id: uuid.UUID) -> str:
    """What the words in a file are sealed for: they open in this file and in no other."""
    return f"review {review_id}"


def plain(key: bytes | None, sealed: bytes | None, review_id: uuid.UUID) -> str | None:
    """Words that were sealed for this file; None once the key of its holder is gone."""
    if key is None or sealed is None:
        return None
    return unpadded(decrypt(key, sealed, about(review_id)))
