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

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'mstore_pay_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON offline_numbers TO mstore_pay_app;
    END IF;
END $$;
