"""The KPI record, its rules and the evaluator; ``families`` holds one file per family of the catalogue."""
