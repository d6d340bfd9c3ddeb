-- How far a till came is kept as it reports, so that nobody has to read all that it ever did.
ALTER TABLE offline_devices ADD COLUMN reported BIGINT NOT NULL DEFAULT 0;

-- Numbers of a day that were reported without a gap.
CREATE TABLE offline_numbers (
    merchant_id TEXT   NOT NULL,
    device_id   TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    first       BIGINT NOT NULL CHECK (first >= 0),
    last        BIGINT NOT NULL CHECK (last >= first),
    PRIMARY KEY (merchant_id, device_id, day, first)
);

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

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON offline_numbers TO mstore_pay_app;
    END IF;
END $$;
