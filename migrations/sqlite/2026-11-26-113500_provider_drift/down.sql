PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''exception_resolved'', ''simulated'', ''provider_drifted''', '''exception_resolved'', ''simulated''')
WHERE type = 'table' AND name = 'payment_events';
PRAGMA writable_schema = RESET;
