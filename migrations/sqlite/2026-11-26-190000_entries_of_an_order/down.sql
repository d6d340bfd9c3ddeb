DROP INDEX offline_entries_of_order;
