"""What is shown to people, whatever the face: words, charts, labels, files. Must not know HTTP or the terminal."""
