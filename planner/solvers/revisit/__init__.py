"""The search for plans in which a node may hold several stages."""
