-- What waits is found without what was dealt with. With its state as a value of the statement, and all of the table in one index, a plan
-- that was made after the server had counted the table read it by its positions, from the first delivery on.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_inbox_open ON webhook_inbox (position) WHERE state = 'open';
