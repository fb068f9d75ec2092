"""What a file that is sent along may be, and under which name it is kept."""

import io

import pytest
from PIL import Image

from app import uploads
from app.errors import Refused


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(written, "JPEG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "kept"),
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
