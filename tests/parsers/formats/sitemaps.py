"""Sitemaps and indices of them, as the tests write them. In: addresses, days, numbers. Out: XML as text.

They name a desk that stands nowhere: https://desk.example.
"""

from __future__ import annotations


def index(*entries: str) -> str:
    """Return an index of these entries."""
    listed = "".join(f"<sitemap>{entry}</sitemap>" for entry in entries)
    return f'<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'


def loc(address: str, day: int | None = None) -> str:
    """Return what an entry says of a sitemap that changed on a day of June."""
    return f"<loc>{address}</loc>" + (f"<lastmod>2025-06-{day:02}T08:00:00Z</lastmod>" if day else "")


def sitemap(*numbers: int) -> str:
    """Return a news sitemap of so numbered stories."""
    urls = "".join(
        f"<url><loc>https://desk.example/a/{n}</loc><news:news><news:title>Attack {n} near Tessit</news:title>"
        "<news:publication_date>2025-06-09T08:00:00Z</news:publication_date></news:news></url>"
        for n in numbers
    )
    name = "http://www.google.com/schemas/sitemap-news/0.9"
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="{name}">{urls}</urlset>'
