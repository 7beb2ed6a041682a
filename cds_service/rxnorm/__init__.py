"""RxNorm releases: read into a local database, held against the rules, and written as the product table of a site."""
