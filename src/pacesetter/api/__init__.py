"""The HTTP ground that pages and programs stand on: who asks, problems, headers, logs, and the questions under /api/v1."""
