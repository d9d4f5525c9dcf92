"""What the numbers suggest: what breaks next, why a number moved, what would be under other rules. No face is known here."""
