"""The composer at the bottom of the main screen: prompt, chips and what they offer."""
