"""A synthetic national season, made in the database by a few statements: for benchmarks only.

Centres, posts by the ratios and people stand in every sub-county in the published numbers of 2025:
10,765 centres, 12,126 supervisors, 54,782 invigilators and 22,247 security officers, with a manager
in each centre. Sub-counties differ in size by five to one. People are primary and secondary
teachers and police, 1.3 to a place (one sub-county in four has too few who may supervise); half of the
teachers served before, a fifth was deployed last year, some declare an interest, one in thirty
applied next door.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

CODE = "KCSE-2034"
SUB_COUNTIES, CENTRES = 290, 10_765
SERIES = (
    """
    INSERT INTO series (examination_id, code, year, name, starts_on, ends_on, status)
    SELECT id, 'KCSE-' || year, year, 'KCSE ' || year, make_date(year, 11, 3),
           make_date(year, 11, 21), CASE year WHEN 2034 THEN 'planned' ELSE 'finished' END
    FROM examination, generate_series(2033, 2034) year WHERE code = 'KCSE'
    """,
    """
    INSERT INTO exam_day (series_id, day, kind, payable, second_session, late_days)
    SELECT s.id, d::date, CASE d WHEN s.starts_on THEN 'rehearsal' ELSE 'written' END, true,
           '14:00', 1
    FROM series s, generate_series(s.starts_on, s.ends_on, '1 day') d
    WHERE s.code = 'KCSE-2034' AND extract(isodow FROM d) < 6
    """,
)
PLACES = (
    """
    CREATE TEMP TABLE place ON COMMIT DROP AS
    SELECT id, n, lon, lat,
           (round(sum(size) OVER (ORDER BY n) / sum(size) OVER () * :centres)
            - round((sum(size) OVER (ORDER BY n) - size) / sum(size) OVER () * :centres))::int
           AS centres
    FROM (SELECT id, n, 34.3 + (n * 37 % 100) * 0.05 AS lon, -3.5 + (n * 61 % 100) * 0.07 AS lat,
                 CASE n % 29 WHEN 0 THEN 2.5 ELSE 0.5 + (n * 37 % 100) / 100.0 END AS size
          FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM sub_county) all_of_them
          WHERE n <= :sub_counties) sized
    """,
    """
    CREATE TEMP TABLE site ON COMMIT DROP AS
    SELECT p.id AS sub_county_id, p.n AS place, p.centres, k,
           row_number() OVER (ORDER BY p.n, k) AS n,
           p.lon + (p.n * 13 + k * 37) % 100 / 250.0 AS lon,
           p.lat + (p.n * 29 + k * 61) % 100 / 250.0 AS lat
    FROM place p, generate_series(1, p.centres) k
    """,
    """
    INSERT INTO school (id, moe_code, name, level, ownership, sub_county_id, lon, lat, synthetic)
    SELECT 2 * n + odd + 10000000, 'NATION' || (2 * n + odd),
           CASE odd WHEN 1 THEN 'Secondary' ELSE 'Primary' END || ' school number ' || n,
           CASE odd WHEN 1 THEN 'secondary' ELSE 'primary' END, 'public', sub_county_id,
           lon + (1 - odd) * 0.01, lat, true
    FROM site, generate_series(0, 1) odd
    """,
    """
    INSERT INTO centre (id, series_id, school_id, sub_county_id, code, name, kind, candidates,
                        rooms, lon, lat, blind_candidates)
    SELECT 10000000 + n, s.id, 10000001 + 2 * n, sub_county_id, (91000000 + n)::text,
           'Centre number ' || n, 'school',
           CASE WHEN u < 8780 THEN 20 + u % 92 WHEN u < 9330 THEN 201 + u % 50
                WHEN u < 9950 THEN 251 + u % 150 ELSE 401 + u % 200 END,
           5, lon, lat, (n % 97 = 0)::int
    FROM (SELECT *, n * 7919 % 10000 AS u FROM site) sites, series s WHERE s.code = 'KCSE-2034'
    """,
    """
    INSERT INTO post (series_id, centre_id, sub_county_id, role_id, required)
    SELECT c.series_id, c.id, c.sub_county_id, r.id,
           CASE r.code WHEN 'centre_manager' THEN 1 WHEN 'supervisor' THEN (c.candidates + 199) / 200
                       WHEN 'invigilator' THEN (c.candidates + 19) / 20
                       ELSE 2 + (c.candidates > 250)::int END
    FROM centre c JOIN series s ON s.id = c.series_id, staff_role r
    WHERE s.code = 'KCSE-2034' AND r.code IN
          ('centre_manager', 'supervisor', 'invigilator', 'security')
    """,
)
PEOPLE = (
    """
    CREATE TEMP TABLE person ON COMMIT DROP AS
    SELECT 10000000 + row_number() OVER (ORDER BY needs.place, needs.role, k) AS id, needs.*, k,
           (k * 7919 + needs.place * 104729) % 1000 AS u
    FROM (SELECT s.place, s.sub_county_id, s.centres, min(s.n) AS first_site,
                 CASE r.code WHEN 'invigilator' THEN 'primary' WHEN 'security' THEN 'police'
                             ELSE 'secondary' END AS role, sum(p.required) AS places
          FROM site s JOIN post p ON p.centre_id = 10000000 + s.n JOIN staff_role r ON r.id = p.role_id
          GROUP BY s.place, s.sub_county_id, s.centres, 5) needs,
         generate_series(1, ceil(places * CASE WHEN role = 'secondary' AND place % 4 = 0 THEN 0.6
                                                ELSE 1.3 END)::int) k
    """,
    """
    INSERT INTO officer (id, full_name, mobile, state, gender, national_id_index, tsc_number,
                         staff_number, employer_kind, teaches_at, started_on, qualification_level,
                         sub_county_id, home_sub_county_id, wanted_roles, reads_braille,
                         workstation_school_id)
    SELECT id, 'Person Number ' || id, '2541' || (80000000 + id), 'verified',
           CASE id % 2 WHEN 0 THEN 'female' ELSE 'male' END, int8send(id),
           CASE WHEN role <> 'police' THEN id::text END, CASE role WHEN 'police' THEN id::text END,
           CASE role WHEN 'police' THEN 'police' ELSE 'tsc' END, nullif(role, 'police'),
           make_date(2005 + (u % 24)::int, 1, 8),
           (ARRAY['certificate', 'diploma', 'diploma', 'degree'])[1 + u % 4], sub_county_id,
           CASE WHEN u % 10 < 8 THEN sub_county_id ELSE 1 + (sub_county_id + u) % :sub_counties END,
           CASE WHEN u % 3 = 0 THEN '{}' WHEN role = 'primary' THEN '{invigilator}'
                WHEN role = 'police' THEN '{security}' ELSE '{supervisor,centre_manager}' END::text[],
           u % 40 = 7,
           CASE WHEN role <> 'police'
                THEN 10000000 + 2 * (first_site + u * k % centres) + (role = 'secondary')::int END
    FROM person
    """,
    """
    INSERT INTO service_history (officer_id, sub_county_id, examination_id, year, school_id, role_id)
    SELECT p.id, p.sub_county_id, s.examination_id, y.year,
           10000001 + 2 * (p.first_site + (p.u + 7 * y.year) % p.centres), r.id
    FROM person p JOIN staff_role r ON r.code = CASE p.role WHEN 'primary' THEN 'invigilator'
                                                            ELSE 'supervisor' END,
         series s, generate_series(2030, 2033) AS y (year)
    WHERE s.code = 'KCSE-2034' AND p.role <> 'police' AND (p.u + y.year * 3) % 8 = 0
    """,
    """
    INSERT INTO declared_interest (officer_id, sub_county_id, school_id, why)
    SELECT id, sub_county_id, 10000001 + 2 * (first_site + k % centres), 'relative' FROM person
    WHERE u % 50 = 3
    """,
    """
    INSERT INTO centre (id, series_id, sub_county_id, code, name, kind)
    SELECT 20000000 + p.n, s.id, p.id, (92000000 + p.n)::text, 'Last year', 'school'
    FROM place p, series s WHERE s.code = 'KCSE-2033'
    """,
    """
    INSERT INTO post (series_id, centre_id, sub_county_id, role_id, required)
    SELECT c.series_id, c.id, c.sub_county_id, r.id, 1000 FROM centre c JOIN series s
    ON s.id = c.series_id AND s.code = 'KCSE-2033', staff_role r WHERE r.code = 'invigilator'
    """,
    """
    INSERT INTO deployment (series_id, centre_id, sub_county_id, post_id, role_id, officer_id, slot,
                            starts_on, ends_on, status, published_at)
    SELECT t.series_id, t.centre_id, t.sub_county_id, t.id, t.role_id, p.id,
           row_number() OVER (PARTITION BY t.id ORDER BY p.id), '2033-11-04', '2033-11-20',
           'published', '2033-09-20'
    FROM person p JOIN post t ON t.centre_id = 20000000 + p.place
    WHERE p.role = 'primary' AND p.u % 5 = 1
    """,
    """
    INSERT INTO vacancy (series_id, sub_county_id, role_id, posts, opens_at, closes_at, state)
    SELECT s.id, p.id, r.id, 100, '2034-06-01', '2034-07-31', 'closed'
    FROM place p, series s, staff_role r WHERE s.code = 'KCSE-2034' AND r.code = 'invigilator'
    """,
    """
    INSERT INTO application (vacancy_id, sub_county_id, officer_id, applied_at, moved_at)
    SELECT v.id, v.sub_county_id, p.id, '2034-06-02', '2034-06-02'
    FROM person p JOIN place beside ON beside.n = 1 + p.place % :sub_counties
    JOIN vacancy v ON v.sub_county_id = beside.id JOIN series s ON s.id = v.series_id
    WHERE s.code = 'KCSE-2034' AND p.role = 'primary' AND p.u % 30 = 11
    """,
    "SELECT setval('school_id_seq', 50000000), setval('centre_id_seq', 50000000),"
    " setval('officer_id_seq', 50000000)",
)


def national_season(session: Any, sub_counties: int = SUB_COUNTIES) -> None:
    """Adds the season of 2034 in this many sub-counties, with as many centres of the country's."""
    given = {"sub_counties": sub_counties, "centres": CENTRES * sub_counties // SUB_COUNTIES}
    for statement in (*SERIES, *PLACES, *PEOPLE):
        known = {name: value for name, value in given.items() if f":{name}" in statement}
        session.execute(text(statement), known)
