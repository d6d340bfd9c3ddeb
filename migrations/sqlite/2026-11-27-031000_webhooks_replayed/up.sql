-- One more word for the audit trail. Only the list of a CHECK grows and nothing that is stored changes, so the
-- definition is replaced in place (https://www.sqlite.org/lang_altertable.html, section 8).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''webhook_settled''', '''webhook_settled'', ''webhook_replayed''')
WHERE type = 'table' AND name = 'payment_events';
PRAGMA writable_schema = RESET;
