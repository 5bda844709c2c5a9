DROP TABLE projection_deviations;
DROP INDEX idx_projection_quarantine_cause;
ALTER TABLE projection_quarantine DROP COLUMN cause;
