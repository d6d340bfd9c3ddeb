DELETE FROM offline_numbers;
UPDATE offline_devices SET reported = 0;
