"""An independent reading of the rules, in plain Python, against which the product's answers are held."""
