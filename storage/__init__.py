"""What we remember: the only folder that knows SQL. Values in, values out."""
