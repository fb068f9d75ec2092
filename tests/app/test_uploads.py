"""What a file that is sent along may be, and under which name it is kept."""

import io

import pytest
from PIL import Image

from app import uploads
from app.errors import Busy, Refused
from tests.each import each


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(written, "JPEG")
    return written.getvalue()


@each(
    "name, kept",
    [
        ("certificate.pdf", "certificate.pdf"),
        ("C:\\Users\\anna\\My certificate.PDF", "My certificate.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ('a"b\r\nX-Evil: 1.pdf', "a b X-Evil 1.pdf"),
        ("", "document.pdf"),
        (".pdf", "pdf.pdf"),
        ("...", "document.pdf"),
        ("scan.pdf.exe", "scan.pdf.pdf"),
        ("Vakbekwaamheid (één).pdf", "Vakbekwaamheid één.pdf"),
        ("\u202egnp.exe", "gnp.pdf"),
    ],
)
def test_a_name_is_plain_whatever_was_sent(name: str, kept: str) -> None:
    assert uploads.take(name, b"%PDF-1.7").name == kept


def test_a_long_name_keeps_its_ending() -> None:
    name = uploads.take(f"{'x' * 300}.pdf", b"%PDF-1.7").name
    assert len(name) <= uploads.NAME
    assert name.endswith("x.pdf")


def test_a_picture_is_made_anew_under_its_own_name() -> None:
    taken = uploads.take("IMG_1.JPG", picture())
    assert (taken.kind, taken.name) == ("image/webp", "IMG_1.webp")
    assert (taken.width, taken.height) == (60, 40)


def test_a_large_picture_keeps_what_it_shows() -> None:
    sent = Image.new("RGBA", (4000, 2000), (200, 0, 0, 128))
    sent.paste((0, 0, 200, 255), (0, 0, 2000, 2000))
    written, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # lies on its side
    sent.save(written, "PNG", exif=exif)
    taken = uploads.take("a.png", written.getvalue())
    assert (taken.width, taken.height) == (800, 1600)
    made = Image.open(io.BytesIO(taken.content)).convert("RGBA")
    assert made.getpixel((400, 100))[3] == 255  # type: ignore[index]
    assert made.getpixel((400, 1500))[3] < 140  # type: ignore[index, operator]


def test_pictures_are_unpacked_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAIT", 0.01)
    with uploads._at_once, uploads._at_once:
        with pytest.raises(Busy):
            uploads.take("a.jpg", picture())
        assert uploads.take("a.pdf", b"%PDF-1.7").kind == uploads.PDF
    assert uploads.take("a.jpg", picture()).kind == uploads.PICTURE
    with pytest.raises(Refused):
        uploads.take("a.jpg", b"none")
    assert uploads._at_once._value == 2


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", 422),
        (b"<!doctype html><script>1</script>", 422),
        (b"MZ\x90", 422),
        (b" %PDF-1.7", 422),
        (b"%PDF-1.7" + b" " * uploads.MOST_BYTES, 413),
    ],
    ids=["nothing", "svg", "html", "program", "no pdf", "too large"],
)
def test_what_is_neither_is_refused_at_the_box_for_the_file(content: bytes, status: int) -> None:
    with pytest.raises(Refused) as no:
        uploads.take("a.pdf", content)
    assert no.value.status == status
    assert set(no.value.fields) == {"file"}
