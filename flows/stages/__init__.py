"""One module a step of the way of the data, all free of Prefect."""
