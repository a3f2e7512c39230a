"""Where the product is started: the API, the worker, the relay, the scheduler, the command line."""
