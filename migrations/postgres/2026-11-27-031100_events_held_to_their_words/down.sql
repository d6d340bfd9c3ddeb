-- That what is stored has been looked at is not taken back.
SELECT 1;
