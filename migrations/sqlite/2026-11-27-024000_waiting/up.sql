-- What is counted every few seconds is read without what does not wait.
CREATE INDEX payments_pending ON payments (created_at) WHERE status = 'pending';
CREATE INDEX exceptions_open ON exceptions (kind) WHERE state = 'open';
