DROP TABLE projection_quarantine;
