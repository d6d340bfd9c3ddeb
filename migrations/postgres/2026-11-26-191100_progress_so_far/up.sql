-- What tills had reported before; apart from the new column, whose lock would keep every till out while this counts.
-- What gateways of the version before take in from here on is not counted: docs/scaling.md.
UPDATE offline_devices d SET reported =
    (SELECT count(*) FROM offline_entries e WHERE e.merchant_id = d.merchant_id AND e.device_id = d.device_id);

INSERT INTO offline_numbers (merchant_id, device_id, day, first, last)
SELECT merchant_id, device_id, day, min(number), max(number) FROM (
    SELECT merchant_id, device_id, day, number,
        number - row_number() OVER (PARTITION BY merchant_id, device_id, day ORDER BY number) AS island
    FROM (
        SELECT DISTINCT merchant_id, device_id, substring(reference FROM '-([0-9]{8})-[0-9]{1,16}$') AS day,
            CAST(substring(reference FROM '-([0-9]{1,16})$') AS BIGINT) AS number
        FROM offline_entries WHERE reference ~ '-[0-9]{8}-[0-9]{1,16}$') numbered) islands
GROUP BY merchant_id, device_id, day, island;
