"""A dataset in numbers, charts, contact sheets and one page."""
