"""Running the service: logs without patient data, metrics, and whether it is fit to answer."""
