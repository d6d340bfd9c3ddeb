-- Nobody looks for those that were dealt with by their state.
DROP INDEX CONCURRENTLY IF EXISTS webhook_inbox_states;
