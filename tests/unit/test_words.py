"""How the portal writes days, times, money and counts in its two languages."""

from datetime import UTC, date, datetime, time

import pytest

from views import words

MORNING = datetime(2026, 11, 2, 4, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "language", "written"),
    [
        (date(2026, 11, 2), "en", "Mon 2 Nov"),
        (date(2026, 11, 2), "sw", "Jumatatu 2 Nov"),
        (date(2026, 10, 30), "sw", "Ijumaa 30 Okt"),
        (date(2026, 3, 8), "sw", "Jumapili 8 Mac"),
        (date(2026, 11, 2), "fr", "Mon 2 Nov"),
        (date(2026, 11, 2), "sw_KE", "Jumatatu 2 Nov"),
        (None, "en", "not known"),
        (None, "sw", "haijulikani"),
    ],
)
def test_day_is_short_and_in_the_reader_language(value, language, written):
    assert words.day(value, language) == written


def test_day_of_a_late_utc_evening_is_tomorrow_in_nairobi():
    assert words.day(datetime(2026, 11, 1, 22, 30, tzinfo=UTC)) == "Mon 2 Nov"


def test_day_with_year_names_the_season():
    assert words.day_with_year(date(2025, 11, 3), "sw") == "Jumatatu 3 Nov 2025"


def test_clock_time_is_the_time_in_nairobi():
    assert words.clock_time(MORNING) == "07:42"
    assert words.clock_time(time(8, 0)) == "08:00"
    assert words.clock_time(None, "sw") == "haijulikani"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "KSh 0"),
        (550, "KSh 550"),
        (1680, "KSh 1,680"),
        (-1100, "-KSh 1,100"),
        (None, "not known"),
    ],
)
def test_money_has_separators_and_unknown_is_never_zero(amount, written):
    assert words.kes(amount) == written


def test_count_has_separators_and_unknown_is_never_zero():
    assert words.count(10765) == "10,765"
    assert words.count(0) == "0"
    assert words.count(None) == "not known"


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("254712345678", "0712 345 678"),
        ("0112345678", "0112 345 678"),
        ("+254 20 3317412", "0203 317 412"),
        ("22262", "22262"),
        (None, "not known"),
    ],
)
def test_mobile_is_written_as_people_dial_it(stored, written):
    assert words.mobile(stored) == written


def test_filters_follow_the_language_of_the_request():
    language = "sw"
    spoken = words.filters(lambda: language)
    assert spoken["day"](date(2026, 11, 2)) == "Jumatatu 2 Nov"
    language = "en"
    assert spoken["day"](date(2026, 11, 2)) == "Mon 2 Nov"
    assert sorted(spoken) == ["clock_time", "count", "day", "day_with_year", "kes", "mobile"]
