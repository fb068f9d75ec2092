"""Pictures that are sent, made anew: what a camera writes into its files (place, hour, owner) does not come along."""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
PIXELS = 40_000_000  # asked of the header, before anything is unpacked
SIDE = 1600
Image.MAX_IMAGE_PIXELS = None  # our own limit holds, and is said in words


class NoPicture(ValueError):
    """This is no picture that we can read."""


class TooLarge(ValueError):
    """It has more pixels than we unpack."""


@dataclass(frozen=True, slots=True)
class Made:
    content: bytes
    width: int
    height: int


def made_anew(raw: bytes) -> Made:
    """The same picture as WebP, upright, at most so wide or high, and nothing but what it shows."""
    try:
        with Image.open(BytesIO(raw), formats=FORMATS) as sent:
            if sent.width * sent.height > PIXELS:
                raise TooLarge
            sent.draft("RGB", (SIDE, SIDE))
            wanted = "RGBA" if sent.has_transparency_data else "RGB"
            plain = sent if sent.mode == wanted else sent.convert(wanted)
            plain.thumbnail((SIDE, SIDE))  # before anything copies it: forty million pixels are 160 MB
            upright = ImageOps.exif_transpose(plain)
    except TooLarge:
        raise
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        IndexError,
        struct.error,
        Image.DecompressionBombError,
    ):
        raise NoPicture from None
    bare = Image.new(upright.mode, upright.size)
    bare.paste(upright)
    written = BytesIO()
    bare.save(written, "WEBP", quality=82)
    return Made(written.getvalue(), *bare.size)
