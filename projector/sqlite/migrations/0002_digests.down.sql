DROP TABLE projection_digests;
