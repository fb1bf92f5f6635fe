"""Plans over nodes in any order, one stage each."""
