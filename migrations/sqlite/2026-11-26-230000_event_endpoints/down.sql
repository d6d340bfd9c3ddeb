DROP TABLE event_dispatches;
DROP TABLE event_endpoint_notes;
DROP TABLE event_endpoints;
