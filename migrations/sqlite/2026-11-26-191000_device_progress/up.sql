-- How far a till came is kept as it reports, so that nobody has to read all that it ever did.
ALTER TABLE offline_devices ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;

-- Numbers of a day that were reported without a gap.
CREATE TABLE offline_numbers (
    merchant_id TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    day         TEXT    NOT NULL,
    first       INTEGER NOT NULL CHECK (first >= 0),
    last        INTEGER NOT NULL CHECK (last >= first),
    PRIMARY KEY (merchant_id, device_id, day, first)
) STRICT, WITHOUT ROWID;

UPDATE offline_devices SET reported = (SELECT count(*) FROM offline_entries e
    WHERE e.merchant_id = offline_devices.merchant_id AND e.device_id = offline_devices.device_id);

INSERT INTO offline_numbers (merchant_id, device_id, day, first, last)
SELECT merchant_id, device_id, day, min(number), max(number) FROM (
    SELECT merchant_id, device_id, day, number,
        number - row_number() OVER (PARTITION BY merchant_id, device_id, day ORDER BY number) AS island
    FROM (
        SELECT DISTINCT merchant_id, device_id, substr(reference, -length(sequence) - 9, 8) AS day,
            CAST(sequence AS INTEGER) AS number
        FROM (
            -- What is behind the last hyphen.
            SELECT merchant_id, device_id, reference,
                replace(reference, rtrim(reference, replace(reference, '-', '')), '') AS sequence
            FROM offline_entries)
        WHERE sequence NOT GLOB '*[^0-9]*'))
GROUP BY merchant_id, device_id, day, island;
