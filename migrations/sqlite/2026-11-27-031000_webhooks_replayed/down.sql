-- Only the list of a CHECK shrinks and nothing that is stored changes, so the definition is replaced in place
-- (https://www.sqlite.org/lang_altertable.html, section 8).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''webhook_settled'', ''webhook_replayed''', '''webhook_settled''')
WHERE type = 'table' AND name = 'payment_events';
PRAGMA writable_schema = RESET;
