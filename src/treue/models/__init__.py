"""Who comes back: probability models of buying and leaving, one file each."""
