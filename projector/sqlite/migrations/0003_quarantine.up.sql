-- The events of the log that this file leaves out, because the operator put them on the list of quarantined events. A
-- row is written in the transaction that passes its event.
CREATE TABLE projection_quarantine (
  position INTEGER PRIMARY KEY NOT NULL CHECK (position >= 1),
  why TEXT NOT NULL
) STRICT;
