"""From an article to coded mentions of events: actors, places, times, quantities, kinds."""
