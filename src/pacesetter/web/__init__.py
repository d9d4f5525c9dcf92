"""The pages: server-rendered, for people. Thin: every number comes from the catalogue through the caller's scope."""
