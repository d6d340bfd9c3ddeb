DROP TABLE anchored_merchants;
DROP TABLE merchant_events;
DROP TABLE merchant_heads;
