"""The ways out of the house: one module a channel kind, listed in `registry`.

In: a composed `Message` and one recipient. Out: a `Receipt` that says how the attempt ended. Nothing here
knows Prefect or the database; what is pending, and when it is tried again, is kept by the caller.
"""
