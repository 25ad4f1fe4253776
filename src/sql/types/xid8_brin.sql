-- Transaction numbers rise with the table that they stand in: BRIN finds them at next to no cost. PostgreSQL has all that it
-- takes, but no operator class for xid8.

CREATE OPERATOR CLASS xid8_minmax_ops FOR TYPE xid8 USING brin AS
    OPERATOR 1 < (xid8, xid8),
    OPERATOR 2 <= (xid8, xid8),
    OPERATOR 3 = (xid8, xid8),
    OPERATOR 4 >= (xid8, xid8),
    OPERATOR 5 > (xid8, xid8),
    FUNCTION 1 brin_minmax_opcinfo(internal),
    FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
    FUNCTION 4 brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS xid8_minmax_ops USING brin IS 'smallest and greatest transaction number of a range of pages';
COMMENT ON OPERATOR FAMILY xid8_minmax_ops USING brin IS 'smallest and greatest transaction number of a range of pages';
