-- The tables are no members of the extension: a restore brings them from the dump, with their rows, so it must not
-- find them there. Both pg_restore and a plain dump begin with these five settings, and hardly anybody else sets all.
SELECT mlregistry.install()
 WHERE NOT (SELECT count(*) = 5
              FROM pg_catalog.pg_settings
             WHERE source = 'session'
               AND name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'xmloption',
                            'row_security'));
