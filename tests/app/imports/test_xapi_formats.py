"""What is an IRI, a UUID, a language tag, a timestamp, a duration, and what only looks like one."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import xapi_formats as formats
from tests.each import each

RIGHT = {
    formats.is_iri: [
        "http://example.com", "https://example.com/", "http://adlnet.gov/expapi/verbs/completed", "urn:x",
        "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "urn:articulate:storyline:6cuTEluHuA5", "x:",
        "http:",
        "http://example.com/فعل/خواندن", "http://münchen.example/straße?größe=1#ä", "tag:a@b,2020:x",
        "http://www.example.org/mod/quiz/attempt.php?attempt=1&cmid=1", "http://[::1]:8080/x", "a+b-c.d:e",
        "http://user:pw@example.com:80/a;b=c/d,e/(f)/'g'!*$", "mailto:a@b.c", "data:,x",
        "http://ex.com/%C3%A9",
        "http://example.com?q=/?", "http://example.com#", "http://example.com//a//b", "file:///etc/x",
        "http://example.com/\U0001f600", "http://example.com?q=\ue000", "HTTP://EXAMPLE.COM",
        "urn:example:%41",
        "http://h5p.org/libraries/H5P.Blanks-1.4", "doi:10.1000/182", "http://[v1.a:b]/",
    ],
    formats.is_mailto: [
        "mailto:a@b", "mailto:anna.de-vries+x@water.example", "mailto:o'neil@x.org",
        "mailto:josé@münchen.example",
        "mailto:a%40b@x.org", "mailto:x@[127.0.0.1]", "mailto:A.B@C.D",
    ],
    formats.is_uuid: [
        "12345678-1234-5678-1234-567812345678", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "AA97B177-9383-4934-8543-0F91A7A02836", "00000000-0000-0000-0000-000000000000",
    ],
    formats.is_sha1: ["ebd31e95054c018b10727ccffd2ef2ec3a016ee9", "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"],
    formats.is_sha2: ["a" * 56, "0" * 64, "F" * 96, "9" * 128],
    formats.is_media_type: [
        "text/plain", "application/json", "image/svg+xml", "text/plain; charset=ascii",
        "text/plain;charset=utf-8",
        'multipart/mixed; boundary="a b;c"', "application/vnd.ms-excel.sheet.macroEnabled.12", "text/plain;",
        'a/b; x="\\""',
    ],
    formats.is_language_tag: [
        "nl", "en", "EN", "en-US", "en-us", "nl-BE", "zh-Hant", "zh-Hant-TW", "es-419", "tlh", "und",
        "x-private",
        "de-CH-1996", "sl-rozaj-biske", "en-a-bbb-x-a-ccc", "zh-cmn-Hans-CN", "i-klingon", "en-GB-oed",
        "ar-x-a",
        "de-DE-u-co-phonebk", "sgn-BE-FR", "zh-min-nan", "qaa-Qaaa-QM-x-southern", "hy-Latn-IT-arevela",
        "abcd",
        "abcdefgh", "sl-nedis",
    ],
    formats.is_version_one: ["1.0.0", "1.0.3", "1.0.9", "1.0.32", "1.0.0-rc1", "1.0.0beta"],
    formats.is_version_two: ["1.0.3", "2.0.0", "2.0.1"],
    formats.is_duration: [
        "PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT0S", "PT1H0M0.1S", "P1D",
        "PT5M",
        "P1M", "P0.5Y", "PT1,5H", "P1Y2M", "P1DT12H", "PT0.123456789S", "P0D", "P1.5W", "P1YT1S", "PT1H5S",
        "P" + "9" * 50 + "Y",
    ],
}  # fmt: skip
WRONG = {
    formats.is_iri: [
        "", "example.com", "/path", "//example.com/x", "ab=c://should.fail.com", "should fail",
        "http://exa mple.com",
        "http://example.com/a b", "http://example.com/<x>", 'http://example.com/"', "http://example.com/{x}",
        "http://example.com/a|b", "http://example.com/a\\b", "http://example.com/a^b", "http://example.com/`",
        "http://example.com/\n", "http://example.com/x\n", "\nhttp://example.com", " http://example.com",
        "1http://x",
        "http://example.com/%", "http://example.com/%4", "http://example.com/%zz", "http://example.com/#a#b",
        "http://example.com/a[1]", "http://[::1/x", "http://example.com:port/", "://x", ":x", "http//x",
        "é:x",
        "http://example.com/\x7f", "http://example.com/\x85", "http://example.com/\u202e",
        "http://ex.com/\ue000",
        "http://example.com/\ufffe", "http://example.com/\ud800", "#fragment", "?q", "../up", "12345",
    ],
    formats.is_mailto: [
        "", "mailto:", "a@b", "mailto:a", "mailto:@b", "mailto:a@", "mailto:a b@c", "mailto:a@b c",
        "MAILTO:a@b",
        "mailto:a@b?subject=x", "mailto:a@b,c@d", "mailto:a@@b", "mailto:a@b@c", "mailto: a@b",
        "mailto:a@b\n",
        "http:a@b", "mailto:<a@b>", "mailto:a@.b", "mailto:a@b..c", "mailto:a@b.", "mailto:%zz@b",
        "mailto:a@-b",
    ],
    formats.is_uuid: [
        "", "AA97B177-9383-4934-8543-0F91A7A028368", "MA97B177-9383-4934-8543-0F91A7A02836", "should fail",
        "12345678123456781234567812345678", "{12345678-1234-5678-1234-567812345678}",
        "urn:uuid:12345678-1234-5678-1234-567812345678", "12345678-1234-5678-1234-567812345678\n",
        "12345678-1234-5678-1234567812345678", "１2345678-1234-5678-1234-567812345678",
    ],
    formats.is_sha1: ["", "a" * 39, "a" * 41, "g" * 40, "a" * 64],
    formats.is_sha2: ["", "a" * 40, "a" * 63, "g" * 64, "a" * 65, "12345"],
    formats.is_media_type: ["", "should fail", "text", "text/", "/plain", "text/plain charset", "a/b; =x",
    'a/b; x="',
                            "text/plain; charset", "text/pl ain", "a/b/c"],
    formats.is_language_tag: [
        "", "a12345", "something", "en_US", "e", "en-", "-en", "en--US", "en-US-", "x", "en-a", "nl NL",
        "en-x",
        "englishlanguage", "en-US-US-US", "1n", "\u212adk", "nl\n", "en-abcdefghi", "i-unknown", "*",
    ],
    formats.is_version_one: ["", "1", "1.0", "0.95", "1.1.0", "2.0.0", "1.0.", "1.0.x", "v1.0.0", "1.0.0 "],
    formats.is_version_two: ["", "2", "2.0", "2.1.0", "3.0.0", "0.9.5"],
    formats.is_duration: [
        "", "P", "PT", "P1", "1Y", "should fail", "PA1H0M0S", "P4W1D", "P1DT", "PT1H1H", "PT1M1H", "P1S",
        "PT1D",
        "P1D1M", "-P1D", "P-1D", "pt1h", "PT1.5H30M", "P1.5DT1H", "P0.5Y1M", "PT.5S", "PT5.S", "P1Y2M3W",
        "P2020-01-01T00:00:00", "P16559.14S", "PT1H ", "PT1H\n", "PT１S", "P1W2D", "12345",
    ],
}  # fmt: skip


@each("check, text", [(check, text) for check, texts in RIGHT.items() for text in texts])
def test_what_the_format_allows_passes(check, text):
    assert check(text)


@each("check, text", [(check, text) for check, texts in WRONG.items() for text in texts])
def test_what_the_format_forbids_does_not(check, text):
    assert not check(text)


MOMENTS_3339 = {
    "2015-11-18T12:17:00+00:00": (2015, 11, 18, 12, 17),
    "2015-11-18T12:17:00Z": (2015, 11, 18, 12, 17),
    "2015-11-18t12:17:00z": (2015, 11, 18, 12, 17),
    "2008-09-15 15:53:00.601+00:00": (2008, 9, 15, 15, 53, 0, 601000),
    "2015-11-18T12:17:00.1234567+02:00": (2015, 11, 18, 10, 17, 0, 123456),
    "2015-11-18T00:17:00+05:30": (2015, 11, 17, 18, 47),
    "2015-11-18T22:17:00-05:30": (2015, 11, 19, 3, 47),
    "2016-12-31T23:59:60Z": (2017, 1, 1),
    "2016-02-29T00:00:00Z": (2016, 2, 29),
    "0001-01-01T00:00:00Z": (1, 1, 1),
}
MOMENTS_8601 = MOMENTS_3339 | {
    "20151118T121700Z": (2015, 11, 18, 12, 17),
    "2015-11-18T12:17:00": (2015, 11, 18, 12, 17),
    "2015-11-18T12:17:00+0200": (2015, 11, 18, 10, 17),
    "2015-11-18T12:17:00+02": (2015, 11, 18, 10, 17),
    "2015-11-18T12:17:00,5Z": (2015, 11, 18, 12, 17, 0, 500000),
    "2015-11-18T12:17Z": (2015, 11, 18, 12, 17),
    "2015-11-18T12": (2015, 11, 18, 12),
    "2015-W47-3T12:17:00Z": (2015, 11, 18, 12, 17),
    "2015-322T12:17:00Z": (2015, 11, 18, 12, 17),
    "2015-11-18T24:00:00Z": (2015, 11, 19),
}
NO_MOMENT = [
    "", "should fail", "01/011/2015", "2008-09-15T15:53:00.601-00", "2008-09-15T15:53:00.601-0000",
    "2008-09-15T15:53:00.601-00:00", "2015-11-18", "12:17:00", "2015-13-01T00:00:00Z", "2015-02-29T00:00:00Z",
    "2015-00-01T00:00:00Z", "2015-01-32T00:00:00Z", "2015-01-01T25:00:00Z", "2015-01-01T24:00:01Z",
    "2015-01-01T00:60:00Z", "2015-01-01T00:00:61Z", "2015-01-01T00:00:00+24:00", "2015-01-01T00:00:00+01:60",
    "2015-01-01T00:00:00Zx", "2015-01-01T00:00:00Z\n", " 2015-01-01T00:00:00Z", "2015-1-1T00:00:00Z",
    "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "2015-W60-1T00:00:00Z",
    "2015-366T00:00:00Z", "2015-000T00:00:00Z", "2015-01-01T00:00:00.Z", "２015-01-01T00:00:00Z",
    "2015-0101T00:00:00Z", "+12015-01-01T00:00:00Z", "1447848000", "2015-01-01T10.5Z", "2015-01-01_00:00:00Z",
]  # fmt: skip


@each("text", MOMENTS_3339)
def test_rfc_3339_gives_a_moment_in_utc(text):
    assert formats.moment_rfc3339(text) == datetime(*MOMENTS_3339[text], tzinfo=UTC)


@each("text", MOMENTS_8601)
def test_iso_8601_gives_a_moment_in_utc(text):
    assert formats.moment_iso8601(text) == datetime(*MOMENTS_8601[text], tzinfo=UTC)


@each("text", sorted(MOMENTS_8601.keys() - MOMENTS_3339.keys()))
def test_what_only_iso_8601_knows_is_not_rfc_3339(text):
    assert formats.moment_rfc3339(text) is None


@each("text", NO_MOMENT)
def test_what_is_no_date_and_time_gives_none(text):
    assert formats.moment_rfc3339(text) is None
    assert formats.moment_iso8601(text) is None


OFFSETS = st.integers(-1439, 1439).filter(bool).map(lambda minutes: timezone(timedelta(minutes=minutes)))


FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - the strategy puts the zone in


@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=OFFSETS))
def test_every_moment_that_python_writes_is_read_back(moment):
    assert formats.moment_rfc3339(moment.isoformat()) == moment


@each(
    "duration, hours",
    [
        ("PT1H30M", 1.5), ("P4W", 672), ("PT45M", 0.75), ("P1DT12H", 36), ("PT0S", 0), ("PT1,5H", 1.5),
        ("P1Y", 8766), ("PT3600S", 1), ("P" + "9" * 400 + "Y", None), ("nonsense", None),
    ],
)  # fmt: skip
def test_a_duration_has_a_number_of_hours(duration, hours):
    assert formats.hours_of(duration) == pytest.approx(hours)


@each(
    "check, text",
    [
        (formats.is_iri, "http://" + "a" * 200_000 + "<"), (formats.is_iri, "http://" + "%41" * 60_000 + "%"),
        (formats.is_iri, "x:" + "/a" * 100_000 + "<"), (formats.is_mailto, "mailto:a@" + "a." * 100_000),
        (formats.is_media_type,
        "a/b" + "; " * 100_000 + '"'), (formats.is_language_tag, "en" + "-aaaaa" * 50_000 + "-"),
        (formats.is_duration, "P" + "1" * 200_000), (formats.is_duration, "P" + ".1Y" * 60_000),
        (formats.moment_iso8601, "2015-01-01T00:00:00." + "1" * 200_000), (formats.hours_of,
        "P" + "9" * 200_000 + "Y"),
    ],
)  # fmt: skip
def test_no_pattern_takes_long_on_a_hostile_text(check, text):
    began = time.process_time()
    check(text)
    assert time.process_time() - began < 0.5
