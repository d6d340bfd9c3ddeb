-- A table that was counted while it was small goes on being counted as the server does by itself: it is planned to be read
-- whole already, and only the next count mends that.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = quote_ident(current_schema())::regnamespace
      -- Counted, and none of it found: before PostgreSQL 14 that was the same as never counted.
      AND (reltuples BETWEEN 1 AND 9999
        OR reltuples = 0 AND current_setting('server_version_num')::integer >= 140000)
      AND reloptions @> ARRAY['autovacuum_analyze_threshold=10000']
  LOOP
    EXECUTE format('ALTER TABLE %I RESET (autovacuum_analyze_threshold, autovacuum_vacuum_threshold, '
      'autovacuum_vacuum_insert_threshold)', name);
  END LOOP;
END
$$;
