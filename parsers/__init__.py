"""What we read: bytes in, values out. No network, no database, no Prefect, no clock."""
