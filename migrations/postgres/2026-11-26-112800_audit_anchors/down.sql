DROP TABLE anchored_heads;
DROP TABLE audit_anchors;
