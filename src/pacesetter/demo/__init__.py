"""A simulated MSP, deterministic by seed, for trying out, for tests and for benchmarks."""
