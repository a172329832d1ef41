"""What people and programs are shown: summaries, plans, explanations. Reads nothing, decides nothing."""
