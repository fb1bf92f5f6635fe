"""Link models: how long a message takes over one wire. One file per model."""
