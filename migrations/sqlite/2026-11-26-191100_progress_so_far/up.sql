-- What tills had reported before; apart from the new column, whose lock would keep every till out while this counts.
-- What gateways of the version before take in from here on is not counted: docs/scaling.md.
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
