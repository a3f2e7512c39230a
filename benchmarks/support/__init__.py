"""What benchmarks share: a data set, a load generator, and the processor time of a family of processes."""
