"""The example's review as docs shows it: places examples/review, checks the change, takes pictures of the page."""
