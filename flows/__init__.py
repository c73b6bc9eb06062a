"""What we decide and do: the scheduled flows, their stages, and the command."""
