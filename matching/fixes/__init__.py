"""What would serve an unmet need: changes proposed, proved, and put in order of cost."""
