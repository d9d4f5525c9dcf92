"""Stories that are planted in the simulated MSP on purpose, each with where and when, and how it is measured."""
