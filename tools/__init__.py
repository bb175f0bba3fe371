"""What the project needs around it to be built, set up and tested; no part of the product."""
