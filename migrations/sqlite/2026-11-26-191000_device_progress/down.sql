DROP TABLE offline_numbers;
ALTER TABLE offline_devices DROP COLUMN reported;
