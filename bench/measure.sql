-- What the benchmarks share: measuring a statement inside the server, and the report.
CREATE SCHEMA bench;

-- Milliseconds; round 0 warms up. cpu is NULL where it was not measured.
CREATE TABLE bench.times (measure text, side text, round int, wall float8, cpu float8);

-- Milliseconds that this backend spent on a CPU, user and system: what others do on a shared machine does not count.
-- NULL where the kernel does not tell.
CREATE FUNCTION bench.cpu() RETURNS float8 LANGUAGE sql VOLATILE AS $$
    SELECT nullif(split_part(pg_read_file('/proc/self/schedstat', 0, 1000, true), ' ', 1)::float8, 0) / 1e6
$$;

-- A statement that takes few milliseconds is run several times: the clocks tick slowly, and CPU time only where the
-- scheduler looks.
CREATE FUNCTION bench.measure(measure text, side text, round int, statement text, times int DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wall timestamptz;
    cpu float8;
BEGIN
    cpu := bench.cpu();
    wall := clock_timestamp();
    FOR i IN 1..times LOOP
        EXECUTE statement;
    END LOOP;
    INSERT INTO bench.times VALUES
        (measure, side, round, extract(epoch FROM clock_timestamp() - wall) * 1000 / times, (bench.cpu() - cpu) / times);
END
$$;

-- Adds a measure that is the difference of two, round by round; a minus_side of NULL means the same side.
CREATE FUNCTION bench.subtract(difference text, minuend text, subtrahend text, minus_side text DEFAULT NULL) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO bench.times
    SELECT difference, a.side, a.round, a.wall - b.wall, a.cpu - b.cpu
      FROM bench.times a
      JOIN bench.times b ON b.round = a.round AND b.measure = subtrahend AND b.side = coalesce(minus_side, a.side)
     WHERE a.measure = minuend
$$;

-- Ratios of two sides, round by round: of CPU time where there is one, of wall time otherwise. The median is what counts;
-- best is the ratio of the smallest times, which noise from outside disturbs least.
CREATE FUNCTION bench.ratios(of_measure text, upper text, lower text)
    RETURNS TABLE (ratio float8, lowest float8, highest float8, best float8, by_wall float8) LANGUAGE sql AS $$
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY r.upper / nullif(r.lower, 0)), min(r.upper / nullif(r.lower, 0)),
           max(r.upper / nullif(r.lower, 0)), min(r.upper) / nullif(min(r.lower), 0),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.by_wall)
      FROM (SELECT CASE WHEN a.cpu IS NULL OR b.cpu IS NULL THEN a.wall ELSE a.cpu END AS upper,
                   CASE WHEN a.cpu IS NULL OR b.cpu IS NULL THEN b.wall ELSE b.cpu END AS lower, a.wall / nullif(b.wall, 0) AS by_wall
              FROM bench.times a
              JOIN bench.times b USING (measure, round)
             WHERE measure = of_measure AND round > 0 AND a.side = upper AND b.side = lower) AS r
$$;

-- Medians of each side in milliseconds, and its times as multiples of the reference's.
CREATE FUNCTION bench.report(reference text DEFAULT 'ours') RETURNS TABLE
    (measure text, side text, "wall ms" numeric, "CPU ms" numeric, ratio numeric, lowest numeric, highest numeric, best numeric, "by wall" numeric)
    LANGUAGE sql AS $$
    SELECT s.measure, s.side, s.wall::numeric(12, 3), s.cpu::numeric(12, 3), r.ratio::numeric(8, 2), r.lowest::numeric(8, 2),
           r.highest::numeric(8, 2), r.best::numeric(8, 2), r.by_wall::numeric(8, 2)
      FROM (SELECT t.measure, t.side, min(t.ctid) AS first,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY t.wall) AS wall,
                   CASE WHEN count(t.cpu) = count(*) THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY t.cpu) END AS cpu
              FROM bench.times t WHERE t.round > 0 GROUP BY t.measure, t.side) AS s
      LEFT JOIN LATERAL bench.ratios(s.measure, s.side, reference) AS r ON true
     ORDER BY min(s.first) OVER (PARTITION BY s.measure), s.side <> reference, s.first
$$;

-- One line: the ratio, and whether it is what was wanted.
CREATE FUNCTION bench.target(name text, ratio float8, wanted text, bound float8) RETURNS text LANGUAGE sql AS $$
    SELECT format('target: %s %s (wanted %s %s) %s', name, coalesce(round(ratio::numeric, 2)::text, 'unknown'), wanted, bound,
                  CASE WHEN CASE wanted WHEN '>=' THEN ratio >= bound ELSE ratio <= bound END THEN 'ok' ELSE 'MISSED' END)
$$;
