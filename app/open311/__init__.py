"""Open311 GeoReport v2 under /open311/v2: any civic app files into and reads from the city. The standard's shapes only; rules are tickets' own."""
