-- Those that were dealt with are looked for by their positions only.
DROP INDEX CONCURRENTLY IF EXISTS webhook_inbox_states;
