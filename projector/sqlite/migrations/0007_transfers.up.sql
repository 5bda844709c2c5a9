-- What the bridge is at, why a transfer failed, where its files are and when they were played, beside the contract's
-- columns; and the other info hash of a hybrid torrent. NULL: nobody has said it.
ALTER TABLE storage ADD COLUMN phase TEXT CHECK (phase IN (
    'metadata', 'queued', 'checking', 'downloading', 'stalled', 'seeding', 'idle'));
ALTER TABLE storage ADD COLUMN readable INTEGER CHECK (readable >= 0);
ALTER TABLE storage ADD COLUMN failure TEXT CHECK (failure GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*');
ALTER TABLE storage ADD COLUMN failedAt TEXT CHECK (failedAt GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]');
ALTER TABLE storage ADD COLUMN directory TEXT CHECK (directory GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*');
ALTER TABLE storage ADD COLUMN mainFile TEXT CHECK (mainFile GLOB '*[^' || char(1, 45, 32, 127, 45, 160, 173, 847, 1564, 4447, 45, 4448, 5760, 6068, 45, 6069,
    6155, 45, 6159, 8192, 45, 8207, 8232, 45, 8239, 8287, 45, 8303, 10240, 12288, 12644, 65024, 45, 65039, 65279,
    65440, 65520, 45, 65531, 113824, 45, 113827, 119129, 119155, 45, 119162, 917504, 45, 921599) || ']*');
ALTER TABLE storage ADD COLUMN mainFileSize INTEGER CHECK (mainFileSize >= 0);
ALTER TABLE storage ADD COLUMN totalSize INTEGER CHECK (totalSize >= 0);
ALTER TABLE storage ADD COLUMN lastAccess TEXT CHECK (lastAccess GLOB
    '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]');

ALTER TABLE movie_sources ADD COLUMN otherHash TEXT
  CHECK (length(otherHash) IN (40, 64) AND otherHash NOT GLOB '*[^0-9a-f]*');
CREATE UNIQUE INDEX idx_source_other_hash ON movie_sources (otherHash);
