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
