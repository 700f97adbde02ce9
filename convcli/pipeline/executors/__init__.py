"""Where the tasks of a batch are worked on: in processes of this machine, or by a cluster."""
