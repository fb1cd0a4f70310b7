"""A made-up practice, catchers for mail and texts, and the main job played from end to end."""
